import type { ToolUse } from '../commands.js';
import type {
  Response,
  ResponseReason,
  SessionError,
  SessionEvent,
  TokenCounts,
  TurnSpeculation,
  TurnTiming,
  Usage,
} from '../events.js';
import type { ResponseWishes } from '../intents.js';
import type { Item } from '../items/items.js';
import type { SegmentLog } from '../context/log.js';
import { Output } from './output.js';
import type { Session } from '../session.js';

/** The utterance that a response answers, and when it ended. */
export interface TurnStamp {
  readonly itemId: string;
  /** Media clock. */
  readonly speechEndMs: number;
  /** Gateway clock. */
  readonly lastSpeechPacketAtMs: number | null;
  readonly vadEndAtMs: number | null;
  readonly commitAtMs: number;
}

export interface ResponseRequest extends ResponseWishes {
  readonly turn?: TurnStamp;
  /** The `response.create` that asked for it. */
  readonly clientEventId?: string;
  /** What was begun ahead for it. */
  readonly speculation?: TurnSpeculation | null;
  /** Nobody spoke or asked: a silence or something in view led to it. */
  readonly unprompted?: boolean;
}

/** How a response begins. */
export interface AnswerStart {
  readonly id: string;
  /** What the context held when the turn was committed, or before that when the answer was begun ahead. */
  readonly headTokens: number;
  readonly cached: TokenCounts;
  /** What it reads, where that is not the conversation. */
  readonly reads?: { readonly audio: number; readonly image: number };
}

/** Tokens of a context by kind. Everything that is neither picture nor sound counts as text: marks of turns too. */
export function countTokens(log: SegmentLog, contextTokens: number): TokenCounts {
  const { audio, image } = log.mediaTokens();
  return { text: Math.max(0, contextTokens - audio - image), audio, image };
}

export type Outcome =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' }
  | { readonly status: 'cancelled'; readonly reason: 'turn_detected' | 'client_cancelled' }
  | { readonly status: 'failed'; readonly error: Omit<SessionError, 'clientEventId'> };

/** One response from `response.created` to `response.done`: its events in the order of PROTOCOL A6, its counts and times. */
export class Answer {
  readonly id: string;
  readonly maxOutputTokens: number | 'inf';
  /** False while the question is still being attended. */
  generating = false;
  readonly output: Output;
  #session: Session;
  #request: ResponseRequest;
  #tokens = 0;
  #started = false;
  #reads: AnswerStart['reads'];
  #cached: TokenCounts;
  /** What the engine says that it had cached; null: it has not said. */
  #toldCached: number | null = null;
  #promptTokens: number;
  #commitAtMs: number;
  #attendedAtMs: number | null = null;
  #firstTokenAtMs: number | null = null;
  #framesAttended = 0;

  constructor(session: Session, request: ResponseRequest, start: AnswerStart, atMs: number) {
    this.#session = session;
    this.#request = request;
    this.id = start.id;
    this.output = new Output(session, { responseId: start.id, joins: this.joins });
    this.#reads = start.reads;
    this.maxOutputTokens = request.maxOutputTokens ?? session.config.maxOutputTokens;
    this.#commitAtMs = request.turn?.commitAtMs ?? atMs;
    this.#promptTokens = start.headTokens;
    this.#cached = start.cached;
    this.#emit({ type: 'response_created', response: this.#response('in_progress') });
  }

  /** Tokens that were sent. */
  get tokens(): number {
    return this.#tokens;
  }

  /** It becomes part of the conversation. */
  get joins(): boolean {
    return this.#request.conversation !== 'none';
  }

  get request(): ResponseRequest {
    return this.#request;
  }

  /** Nobody spoke or asked for it. */
  get unprompted(): boolean {
    return this.#request.unprompted ?? false;
  }

  /** The engine has begun to generate. */
  get started(): boolean {
    return this.#started;
  }

  /** The question is in the context; generation is next. */
  attended(atMs: number): void {
    this.generating = true;
    this.#attendedAtMs = atMs;
  }

  start(contextTokens: number): void {
    this.#started = true;
    this.#promptTokens = contextTokens;
    if (!this.#reads) this.#receipt(contextTokens);
    // Where tools may be called it may be that nothing is said.
    if (toolUse(this.#session, this.#request).tools === undefined) this.output.open();
  }

  token(text: string, atMs: number): void {
    this.#tokens += 1;
    this.#firstTokenAtMs ??= atMs;
    this.output.token(text, atMs);
  }

  call(callId: string, name: string, atMs: number): void {
    this.#firstTokenAtMs ??= atMs;
    this.output.call(callId, name);
  }

  /** @param told the engine's own count, if it told one */
  end(outcome: Outcome, atMs: number, told: { prompt?: number; cached?: number; out?: number } = {}): void {
    this.#promptTokens = told.prompt ?? this.#promptTokens;
    // A local engine holds what the context held; of another's cache only it knows.
    if (this.#session.caps.kind !== 'local-kv') this.#toldCached = told.cached ?? 0;
    // Calls are tokens too, which were not told one by one.
    this.#tokens = Math.max(this.#tokens, told.out ?? 0);
    const output = this.output.end(outcome.status === 'completed' ? 'completed' : 'incomplete');
    this.#emit({ type: 'response_done', response: this.#response(outcome.status, outcome, output) });
    if (this.joins) this.#emit(this.#timing(atMs));
  }

  #receipt(contextTokens: number): void {
    const { log } = this.#session;
    const frames = log.attendedFrames();
    this.#framesAttended = frames.length;
    const audio = log.attendedAudio();
    this.#emit({ type: 'context_receipt', responseId: this.id, frames, audio, tokens: contextTokens });
  }

  #emit(event: SessionEvent): void {
    this.#session.out.emit(event);
  }

  #response(status: Response['status'], outcome?: Outcome, output: readonly Item[] = []): Response {
    let reason: ResponseReason | null = null;
    if (outcome?.status === 'cancelled' || outcome?.status === 'incomplete') reason = outcome.reason;
    const clientEventId = this.#request.clientEventId ?? null;
    return {
      id: this.id,
      conversationId: this.joins ? this.#session.conversationId : null,
      status,
      reason,
      error: outcome?.status === 'failed' ? { ...outcome.error, clientEventId } : null,
      maxOutputTokens: this.maxOutputTokens,
      metadata: this.#request.metadata ?? null,
      output,
      usage: outcome ? this.#usage() : null,
    };
  }

  #usage(): Usage {
    const { audio, image } = this.#reads ?? this.#session.log.mediaTokens();
    const input = { text: Math.max(0, this.#promptTokens - audio - image), audio, image };
    const cached = this.#toldCached === null ? this.#cached : sharesOf(this.#toldCached, this.#cached, input);
    return { input, cached: atMost(cached, input), output: this.#tokens };
  }

  #timing(doneAtMs: number): TurnTiming {
    const { turn } = this.#request;
    return {
      type: 'turn_timing',
      responseId: this.id,
      itemId: turn?.itemId ?? null,
      speechEndMs: turn?.speechEndMs ?? null,
      lastSpeechPacketAtMs: turn?.lastSpeechPacketAtMs ?? null,
      vadEndAtMs: turn?.vadEndAtMs ?? null,
      commitAtMs: this.#commitAtMs,
      // Attended before the commit: then it cost the turn nothing.
      prefillMs: this.#attendedAtMs === null ? null : Math.max(0, this.#attendedAtMs - this.#commitAtMs),
      firstTokenAtMs: this.#firstTokenAtMs,
      doneAtMs,
      clockOffsetMs: this.#session.clockOffsetMs,
      framesAttended: this.#framesAttended,
      outputTokens: this.#tokens,
      speculation: this.#request.speculation ?? null,
    };
  }
}

/** Tokens that were cached, by kind: as what the context held before the question was, and what is left as text. */
function sharesOf(total: number, held: TokenCounts, input: TokenCounts): TokenCounts {
  const share = total / Math.max(1, held.text + held.audio + held.image);
  const image = Math.min(total, input.image, Math.round(held.image * share));
  const audio = Math.min(total - image, input.audio, Math.round(held.audio * share));
  return { text: total - image - audio, audio, image };
}

/** What has left the context since it was counted was not read. */
function atMost(counts: TokenCounts, limit: TokenCounts): TokenCounts {
  const { text, audio, image } = counts;
  return {
    text: Math.min(text, limit.text),
    audio: Math.min(audio, limit.audio),
    image: Math.min(image, limit.image),
  };
}

/** What an answer may call: its own request's tools, else the session's; nothing where the model calls none. */
export function toolUse({ caps, config }: Session, wishes: ResponseWishes): ToolUse {
  const tools = wishes.tools ?? config.tools ?? [];
  const toolChoice = wishes.toolChoice ?? config.toolChoice ?? 'auto';
  return caps.tools && tools.length > 0 && toolChoice !== 'none' ? { tools, toolChoice } : {};
}
