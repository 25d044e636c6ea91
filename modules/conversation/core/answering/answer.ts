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
import type { Item, ItemStatus } from '../items/items.js';
import type { SegmentLog } from '../context/log.js';
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

export interface ResponseRequest {
  readonly maxOutputTokens?: number | 'inf';
  readonly metadata?: Readonly<Record<string, string>>;
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
  #session: Session;
  #request: ResponseRequest;
  #itemId: string;
  #previousItemId: string | null = null;
  #text = '';
  #tokens = 0;
  #started = false;
  #cached: TokenCounts;
  #promptTokens: number;
  #commitAtMs: number;
  #attendedAtMs: number | null = null;
  #firstTokenAtMs: number | null = null;
  #framesAttended = 0;

  constructor(session: Session, request: ResponseRequest, start: AnswerStart, atMs: number) {
    this.#session = session;
    this.#request = request;
    this.id = start.id;
    this.#itemId = session.ids.next('item');
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

  get text(): string {
    return this.#text;
  }

  get itemId(): string {
    return this.#itemId;
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
    const frames = this.#session.log.attendedFrames();
    this.#framesAttended = frames.length;
    this.#emit({
      type: 'context_receipt',
      responseId: this.id,
      frames,
      audio: this.#session.log.attendedAudio(),
      tokens: contextTokens,
    });
    const item = this.#item('in_progress');
    this.#previousItemId = this.#session.items.add(item);
    this.#emit({ type: 'response_item_added', responseId: this.id, outputIndex: 0, item });
    this.#emit({ type: 'item_added', item, previousItemId: this.#previousItemId });
    this.#emit({ type: 'content_part_added', ...this.#part() });
  }

  token(text: string, atMs: number): void {
    this.#tokens += 1;
    this.#firstTokenAtMs ??= atMs;
    this.#text += text;
    // A token may hold only part of a character: it counts, and the text comes with a later one.
    if (text !== '') this.#emit({ type: 'text_delta', ...this.#part(), delta: text, atMs });
  }

  /** @param promptTokens the engine's own count, if it told one */
  end(outcome: Outcome, atMs: number, promptTokens = this.#promptTokens): void {
    this.#promptTokens = promptTokens;
    const output: Item[] = [];
    if (this.#started)
      output.push(this.#endItem(outcome.status === 'completed' ? 'completed' : 'incomplete'));
    this.#emit({ type: 'response_done', response: this.#response(outcome.status, outcome, output) });
    this.#emit(this.#timing(atMs));
  }

  #endItem(status: ItemStatus): Item {
    const item = this.#item(status);
    this.#session.items.update(item);
    this.#emit({ type: 'text_done', ...this.#part(), text: this.#text });
    this.#emit({ type: 'content_part_done', ...this.#part(), text: this.#text });
    this.#emit({ type: 'item_done', item, previousItemId: this.#previousItemId });
    this.#emit({ type: 'response_item_done', responseId: this.id, outputIndex: 0, item });
    return item;
  }

  #emit(event: SessionEvent): void {
    this.#session.out.emit(event);
  }

  #part() {
    return { responseId: this.id, itemId: this.#itemId, outputIndex: 0, contentIndex: 0 } as const;
  }

  #item(status: ItemStatus): Item {
    const content = status === 'in_progress' ? [] : [{ type: 'output_text' as const, text: this.#text }];
    return { id: this.#itemId, role: 'assistant', status, content };
  }

  #response(status: Response['status'], outcome?: Outcome, output: readonly Item[] = []): Response {
    let reason: ResponseReason | null = null;
    if (outcome?.status === 'cancelled' || outcome?.status === 'incomplete') reason = outcome.reason;
    const clientEventId = this.#request.clientEventId ?? null;
    return {
      id: this.id,
      conversationId: this.#session.conversationId,
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
    const input = countTokens(this.#session.log, this.#promptTokens);
    return { input, cached: this.#cached, output: this.#tokens };
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
