import type { IncomingMessage } from 'node:http';
import type { FakeMessage } from './fake-chat-cache.js';

/** What a fake server says: a string is one piece of the stream. */
export type FakeSaid =
  string | { readonly call: { readonly name: string; readonly arguments: readonly string[] } };

/** A request as it came, and what became of it. */
export interface FakeRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: FakeBody;
  /** As it was sent. */
  readonly text: string;
  /** Its client left before it was answered. */
  aborted: boolean;
  done: boolean;
  /** Tokens. */
  prompt: number;
  cached: number;
}

export interface FakeBody {
  readonly model?: string;
  readonly messages: readonly FakeMessage[];
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly cache_salt?: string;
  readonly id_slot?: number;
  readonly [more: string]: unknown;
}

/** What goes wrong. Times are ms. */
export type Fault =
  | { readonly k: 'status'; readonly status: number; readonly body?: string; readonly retryAfter?: string }
  /** It never answers. */
  | { readonly k: 'hang' }
  /** It begins to answer after so long. */
  | { readonly k: 'late'; readonly ms: number }
  /** The connection ends without an answer. */
  | { readonly k: 'reset' }
  /** It ends in the middle of the answer, after so many pieces. */
  | { readonly k: 'half'; readonly after: number }
  /** It stops in the middle of the answer, after so many pieces, and the connection stays. */
  | { readonly k: 'stall'; readonly after: number }
  /** Each piece takes this long. */
  | { readonly k: 'slow'; readonly ms: number }
  | { readonly k: 'garbage' }
  | { readonly k: 'endless_line' }
  /** Pieces without end. */
  | { readonly k: 'flood' }
  /** Arguments of a call without end. */
  | { readonly k: 'endless_call' }
  /** It answers 200, with something else: a page, or an answer in one piece. */
  | { readonly k: 'no_stream'; readonly type: string; readonly body: string }
  /** Counts that cannot be. */
  | { readonly k: 'lying' }
  /** All is said, and the stream stays open. */
  | { readonly k: 'no_end' };

export interface FakeServerOptions {
  readonly owner?: 'vllm' | 'sglang' | 'llamacpp' | 'somebody';
  readonly model?: string;
  readonly contextTokens?: number;
  readonly vision?: boolean;
  readonly audio?: boolean;
  readonly tools?: boolean;
  /** It drops system messages that are not at the head. */
  readonly dropsSystemAmid?: boolean;
  readonly tellsCached?: boolean;
  /** Nothing is ever found again. */
  readonly forgets?: boolean;
  /** Tokens. Default 1. */
  readonly granularity?: number;
  readonly slots?: number;
  readonly port?: number;
  readonly key?: string;
  /** What `/v1/audio/transcriptions` writes down; default: there is no such thing. */
  readonly transcript?: string;
  script?(body: FakeBody): readonly FakeSaid[];
  /** @param index of the requests for answers that stream */
  fault?(request: FakeRequest, index: number): Fault | null;
}

/** Why it refuses a request; null: it does not. */
export function problemOf(
  body: FakeBody,
  { vision = true, audio = true, tools = true }: FakeServerOptions,
): string | null {
  const parts = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  if (!vision && parts.some(({ type }) => type === 'image_url')) return 'this model takes no images';
  if (!audio && parts.some(({ type }) => type === 'input_audio' || type === 'audio_url'))
    return 'this model takes no audio';
  if (!tools && body.tools) return 'this model takes no tools';
  return orderProblem(body.messages);
}

/** Roles must alternate behind the system's, and every call must have its result: what strict templates ask for. */
function orderProblem(messages: readonly FakeMessage[]): string | null {
  let last = '';
  let open = new Set<string>();
  for (const { role, tool_calls: calls, tool_call_id: id } of messages) {
    if (role === 'tool') {
      if (!open.delete(id ?? '')) return `there is no call ${id}`;
      continue;
    }
    if (open.size > 0) return 'a call has no result';
    if (role === last && role === 'user') return 'roles must alternate';
    open = new Set(calls?.map((call) => call.id));
    last = role;
  }
  return null;
}
