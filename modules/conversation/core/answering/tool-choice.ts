import type { EngineCaps, Tool, ToolChoice } from '#modules/contracts';
import type { Failure } from '../inputs.js';

/** Why an answer cannot be held to a choice of tools; null: it can. */
export function toolProblem(caps: EngineCaps, tools: readonly Tool[], choice: ToolChoice): Failure | null {
  if (choice === 'none' || choice === 'auto') return null;
  if (!caps.tools) return { code: 'tools_unsupported', message: `${caps.modelId} calls no tools` };
  const named = choice === 'required' ? tools.length > 0 : tools.some(({ name }) => name === choice.name);
  return named ? null : { code: 'invalid_event', message: 'tool_choice names no tool of those there are' };
}
