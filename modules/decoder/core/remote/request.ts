import type { Tool, ToolChoice } from '#modules/contracts';
import { BodyWriter, type RequestBody } from './body.js';
import type { Dialect } from './dialect.js';
import type { ChatMessage } from './messages.js';

/** A slot, and whether what is in its cache may be used: it is another tenant's where the slot was. */
export interface SlotUse {
  readonly id: number;
  readonly reuse: boolean;
}

/** What every request of a session says beside its messages. */
export interface RequestFrame {
  readonly model: string;
  readonly dialect: Dialect;
  /** Whose cache it may use; null: it says nothing of it. */
  readonly salt: string | null;
  /** The server's slot that is to compute it; null: any. */
  readonly slot: SlotUse | null;
}

export interface AnswerWishes {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly tools?: readonly Tool[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
}

/** The body of a request for an answer. @param how `streamed`: with its usage at the end */
export function answerBody(
  frame: RequestFrame,
  messages: readonly ChatMessage[],
  o: AnswerWishes,
  how: 'streamed' | 'whole' = 'streamed',
): RequestBody {
  const { tools = [], toolChoice = 'auto' } = o;
  return body(frame, messages, {
    ...(how === 'streamed' && { stream: true, stream_options: { include_usage: true } }),
    [frame.dialect.maxTokensField]: o.maxTokens,
    temperature: o.temperature,
    seed: o.seed,
    ...(tools.length > 0 &&
      toolChoice !== 'none' && { tools: tools.map(toTool), tool_choice: toChoice(toolChoice) }),
  });
}

/** The body of a request that is there for the server's cache: one token, which nobody reads. */
export function warmBody(frame: RequestFrame, messages: readonly ChatMessage[]): RequestBody {
  const { dialect } = frame;
  return body(frame, messages, { [dialect.maxTokensField]: 1, temperature: 0, ...dialect.warming });
}

function body(
  { model, dialect, salt, slot }: RequestFrame,
  messages: readonly ChatMessage[],
  more: Readonly<Record<string, unknown>>,
): RequestBody {
  const rest = JSON.stringify({
    ...more,
    ...dialect.always,
    ...(salt !== null && dialect.saltField && { [dialect.saltField]: salt }),
    ...(slot !== null && dialect.slots && { id_slot: slot.id, cache_prompt: slot.reuse }),
  });
  const writer = new BodyWriter().put(`{"model":${JSON.stringify(model)},"messages":`);
  return writer
    .messages(messages)
    .put(`,${rest.slice(1)}`)
    .end();
}

function toTool({ name, description, parameters }: Tool) {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  };
}

function toChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}
