import type { Tool } from '@vis-a-vis/protocol';
import type { ToolDefinition } from '../call/options.js';
import type { FunctionCall } from './turns.js';

/** A tool's call that was done, or went wrong. */
export interface ToolRun {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote them; null: they were no JSON object. */
  readonly args: Readonly<Record<string, unknown>> | null;
  /** What the model is told. */
  readonly output: string;
  /** What was thrown; null: nothing was. */
  readonly error: Error | null;
}

type AnyTool = ToolDefinition<never>;

/** As the gateway is told of it. */
export function described({ name, description, parameters }: AnyTool): Tool {
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
  };
}

/** Does one call of a tool. Never rejects: what goes wrong the model is told, and the application by `error`. */
export async function runTool(
  tool: AnyTool | undefined,
  { callId, name, args: json }: FunctionCall,
  signal: AbortSignal,
): Promise<ToolRun> {
  const args = argumentsIn(json);
  try {
    if (!tool) throw new Error(`There is no tool ${name}.`);
    if (!args) throw new Error('The arguments are no JSON object.');
    const given = await tool.run(args as never, { callId, signal });
    return { callId, name, args, output: written(given), error: null };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { callId, name, args, output: JSON.stringify({ error: error.message }), error };
  }
}

function argumentsIn(json: string): Record<string, unknown> | null {
  try {
    const args: unknown = JSON.parse(json === '' ? '{}' : json);
    return typeof args === 'object' && args !== null && !Array.isArray(args)
      ? (args as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function written(given: unknown): string {
  if (typeof given === 'string') return given;
  return given === undefined ? 'done' : JSON.stringify(given);
}
