import type { GenEvent } from '#modules/contracts';
import type { ContextWriter } from '../../context/context-writer.js';
import type { Failure } from '../../inputs.js';
import type { Session } from '../../session.js';
import { Answer, toolUse, type Outcome, type ResponseRequest } from '../answer.js';
import type { SideInput } from './side-input.js';

/** Answers that may be made beside the conversation at once. */
const MAX_SIDE_ANSWERS = 4;
const NOTHING = { text: 0, audio: 0, image: 0 } as const;

interface Side {
  readonly answer: Answer;
  progressAtMs: number;
}

/** Responses that do not read the conversation: each in a context of its own, beside all that goes on. */
export class SideAnswers {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #sides = new Map<string, Side>();

  constructor(session: Session, writer: ContextWriter) {
    this.#session = session;
    this.#writer = writer;
  }

  get full(): boolean {
    return this.#sides.size >= MAX_SIDE_ANSWERS;
  }

  /** The one that is to become part of the conversation, which has no other meanwhile; null: there is none. */
  get joiningId(): string | null {
    return [...this.#sides.values()].find(({ answer }) => answer.joins)?.answer.id ?? null;
  }

  /** When one fails for want of progress (gateway clock); null: there is none. */
  get deadlineMs(): number | null {
    const { engineTimeoutMs } = this.#session.settings;
    const times = [...this.#sides.values()].map(({ progressAtMs }) => progressAtMs + engineTimeoutMs);
    return times.length > 0 ? Math.min(...times) : null;
  }

  create(request: ResponseRequest, { segments, reads }: SideInput, atMs: number): void {
    const { ids, caps, config, out } = this.#session;
    const start = { id: ids.next('resp'), headTokens: 0, cached: NOTHING, reads };
    const answer = new Answer(this.#session, request, start, atMs);
    answer.attended(atMs);
    this.#sides.set(answer.id, { answer, progressAtMs: atMs });
    const system = request.instructions ?? config.instructions;
    const { maxOutputTokens } = answer;
    out.push({
      c: 'aside',
      responseId: answer.id,
      segments,
      ...(caps.instructions && { system }),
      maxTokens: maxOutputTokens === 'inf' ? caps.maxContextTokens : maxOutputTokens,
      idle: false,
      ...toolUse(this.#session, request),
    });
  }

  /** @returns false: it is not about one of these */
  generated(responseId: string, event: GenEvent, atMs: number): boolean {
    const side = this.#sides.get(responseId);
    if (!side) return false;
    const { answer } = side;
    side.progressAtMs = atMs;
    switch (event.t) {
      case 'start':
        answer.start(event.base.tokens);
        break;
      case 'token':
        answer.token(event.text, atMs);
        break;
      case 'call':
        answer.call(event.callId, event.name, atMs);
        break;
      case 'arguments':
        answer.output.arguments(event.index, event.delta);
        break;
      case 'end':
        this.#ended(answer, event, atMs);
    }
    return true;
  }

  /** @returns false: there is none of this id */
  fail(responseId: string, failure: Failure, atMs: number): boolean {
    return this.#end(responseId, { status: 'failed', error: { ...failure, param: null } }, atMs);
  }

  /** @returns false: there is none of this id */
  cancel(responseId: string, atMs: number): boolean {
    const there = this.#end(responseId, { status: 'cancelled', reason: 'client_cancelled' }, atMs);
    if (there) this.#session.out.push({ c: 'abort', responseId });
    return there;
  }

  tick(atMs: number): void {
    const { engineTimeoutMs } = this.#session.settings;
    for (const [id, { progressAtMs }] of this.#sides) {
      if (atMs < progressAtMs + engineTimeoutMs) continue;
      this.#session.out.push({ c: 'abort', responseId: id });
      this.fail(id, { code: 'engine_failed', message: 'the engine made no progress' }, atMs);
    }
  }

  close(atMs: number): void {
    for (const id of this.#sides.keys()) this.cancel(id, atMs);
  }

  #ended(answer: Answer, event: GenEvent & { t: 'end' }, atMs: number): void {
    if (event.reason === 'error' || event.reason === 'aborted') {
      this.fail(answer.id, { code: 'engine_failed', message: `the answer ended: ${event.reason}` }, atMs);
      return;
    }
    const outcome: Outcome =
      event.reason === 'stop'
        ? { status: 'completed' }
        : { status: 'incomplete', reason: 'max_output_tokens' };
    this.#end(answer.id, outcome, atMs, event.usage);
  }

  #end(id: string, outcome: Outcome, atMs: number, usage?: { prompt: number; out: number }): boolean {
    const side = this.#sides.get(id);
    if (!side) return false;
    this.#sides.delete(id);
    const { answer } = side;
    answer.end(outcome, atMs, usage);
    if (answer.joins) this.#join(answer, outcome.status === 'completed');
    return true;
  }

  /** What it said stands in the context as if it had been said there. */
  #join({ output }: Answer, whole: boolean): void {
    const { items, ids, caps } = this.#session;
    for (const itemId of output.itemIds) {
      const item = items.get(itemId);
      if (item?.type === 'message' && output.text !== '') {
        this.#writer.write({ k: 'message', role: 'assistant', text: output.text, itemId });
      } else if (item?.type === 'function_call' && whole && caps.tools) {
        const { callId, name, arguments: args } = item;
        const segment = { k: 'call', id: ids.next('call'), callId, name, arguments: args } as const;
        this.#writer.write({ k: 'tool', segment, itemId });
      }
    }
  }
}
