import type { GenEvent } from '#modules/contracts';
import { Answer, countTokens, toolUse, type AnswerStart, type Outcome } from './answer.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { TurnSpeculation } from '../events.js';
import { forgetItem } from './forget-item.js';
import { cutAnswer } from './heard.js';
import { HeldEvents, type HeldEvent } from './held-events.js';
import type { Failure } from '../inputs.js';
import type { Session } from '../session.js';
import { Wishes } from './wishes.js';

type CancelReason = Extract<Outcome, { status: 'cancelled' }>['reason'];

/** An answer that was begun before its turn was confirmed. Instants are on the gateway's clock. */
export interface BegunAnswer {
  readonly start: AnswerStart;
  readonly speculation: TurnSpeculation | null;
  /** When its question was in the context, and the log before the close of the turn; null: it is on its way. */
  readonly attended: { readonly atMs: number; readonly position: number } | null;
  readonly events: readonly HeldEvent[];
  readonly atMs: number;
}

/**
 * The answering side: at most one response at a time, and at most one wanted after it. Responses that read the conversation
 * and leave nothing in it are made in between, and taken off again.
 */
export class Answering {
  /** What has not begun. */
  readonly wishes: Wishes;
  readonly #session: Session;
  readonly #writer: ContextWriter;
  #active: Answer | null = null;
  /** The log, and whether the user's turn was open, before the active answer closed that. */
  #mark = { position: 0, turnOpen: false };
  #progressAtMs = 0;
  /** What the engine says while the active answer is held back. */
  #held: HeldEvents | null = null;
  #answeredAtMs: number | null = null;

  constructor(session: Session, writer: ContextWriter) {
    this.#session = session;
    this.#writer = writer;
    this.wishes = new Wishes(session);
  }

  /** The active response is to become part of the conversation. */
  get joining(): boolean {
    return this.#active?.joins ?? false;
  }

  /** Whether this is the message that is being said. */
  isSaying(itemId: string): boolean {
    return this.#active?.output.messageId === itemId;
  }

  get activeId(): string | null {
    return this.#active?.id ?? null;
  }

  /** A response exists, and its question is not in the context yet. */
  get waiting(): boolean {
    return this.#active !== null && !this.#active.generating;
  }

  get generating(): boolean {
    return this.#active?.generating ?? false;
  }

  /** The active answer is held back, because somebody may be interrupting it. */
  get held(): boolean {
    return this.#held !== null;
  }

  /** When the last answer ended (gateway clock); null: there was none, or nobody had spoken before it. */
  get answeredAtMs(): number | null {
    return this.#answeredAtMs;
  }

  /** When the active answer fails for want of progress; null: none is active. */
  get deadlineMs(): number | null {
    return this.#active ? this.#progressAtMs + this.#session.settings.engineTimeoutMs : null;
  }

  /**
   * Begins the wanted response, or the next one that leaves nothing behind: writes the rest of the question and closes the
   * gate.
   */
  create(which: 'wanted' | 'asked', atMs: number): void {
    const request = this.wishes.take(which);
    if (!request) return;
    const { ids, log } = this.#session;
    const { headTokens } = this.#writer.ledger;
    const start = { id: ids.next('resp'), headTokens, cached: countTokens(log, headTokens) };
    this.#activate(new Answer(this.#session, request, start, atMs), atMs);
    this.#writer.gate();
  }

  /** The wanted response is one that was begun already: says what it has said so far, and goes on with it. */
  adopt({ start, speculation, attended, events, atMs }: BegunAnswer): void {
    const request = this.wishes.take('wanted');
    if (!request) return;
    const answer = new Answer(this.#session, { ...request, speculation }, start, atMs);
    this.#activate(answer, atMs);
    if (!attended) return;
    answer.attended(attended.atMs);
    this.#mark = { position: attended.position, turnOpen: true };
    for (const held of events) this.#tell(answer, held, atMs);
  }

  /** The question is attended: closes the turn and generates. */
  begin(atMs: number): void {
    const answer = this.#active;
    if (!answer) return;
    const room = this.#writer.ledger.answerRoom;
    if (room < 1) {
      this.fail({ code: 'context_full', message: 'the context has no room for an answer' }, atMs);
      return;
    }
    answer.attended(atMs);
    this.#progressAtMs = atMs;
    this.#writer.openQuestion();
    this.#mark = { position: this.#session.log.position, turnOpen: this.#writer.turns.isOpen };
    this.#session.out.push({ c: 'mark', key: answer.id });
    this.#writer.closeQuestion(answer.request.instructions ?? null);
    const maxTokens = answer.maxOutputTokens === 'inf' ? room : Math.min(answer.maxOutputTokens, room);
    const tools = toolUse(this.#session, answer.request);
    this.#session.out.push({ c: 'generate', responseId: answer.id, maxTokens, speculative: false, ...tools });
  }

  /** What the engine says after the response is over is no news. */
  generated(responseId: string, event: GenEvent, atMs: number): void {
    const answer = this.#active;
    if (answer?.id !== responseId) return;
    this.#progressAtMs = atMs;
    if (this.#held) this.#held.push(event, atMs);
    else this.#tell(answer, { event, atMs }, atMs);
  }

  /** Somebody may be interrupting: nothing more is said until that is clear. */
  hold(): void {
    if (this.#active?.joins) this.#held ??= new HeldEvents();
  }

  /** It was no interruption: what was held back is sent on. */
  release(atMs: number): void {
    const held = this.#held;
    this.#held = null;
    const answer = this.#active;
    if (!held || !answer) return;
    this.#progressAtMs = atMs;
    for (const event of held.take()) this.#tell(answer, event, atMs);
  }

  /** @returns false: no such response is active. */
  cancel(reason: CancelReason, atMs: number, responseId = this.activeId): boolean {
    if (!this.#active || this.#active.id !== responseId) return false;
    // What is no part of the conversation does not stand in anybody's way.
    if (reason === 'turn_detected' && !this.#active.joins) return false;
    this.#stop(this.#active, { status: 'cancelled', reason }, atMs);
    return true;
  }

  /** @returns false: no response is active that could fail. */
  fail(failure: Failure, atMs: number): boolean {
    if (!this.#active) return false;
    this.#stop(this.#active, { status: 'failed', error: { ...failure, param: null } }, atMs);
    return true;
  }

  /** The silence after the last answer counts no more. */
  forgetLast(): void {
    this.#answeredAtMs = null;
  }

  /** The client reads no answer aloud any more: what it has not read, nobody has heard. */
  stopReading(atMs: number): void {
    const { items, reading, aloud } = this.#session;
    reading.stop();
    for (const { itemId, characters, readMs } of aloud.stop(atMs)) {
      if (this.#active?.output.messageId === itemId) this.cancel('client_cancelled', atMs);
      const item = items.get(itemId);
      if (item?.type !== 'message') continue;
      cutAnswer(this.#session, this.#writer, item, { characters, audioEndMs: readMs });
    }
  }

  #activate(answer: Answer, atMs: number): void {
    this.#active = answer;
    this.#progressAtMs = atMs;
  }

  #tell(answer: Answer, { event, atMs: toldAtMs }: HeldEvent, atMs: number): void {
    switch (event.t) {
      case 'start':
        return answer.start(event.base.tokens);
      case 'token':
        if (answer.joins) this.#read(answer, event.text, atMs);
        return answer.token(event.text, toldAtMs);
      case 'call':
        return answer.call(event.callId, event.name, toldAtMs);
      case 'arguments':
        return answer.output.arguments(event.index, event.delta);
      case 'end':
        return this.#generationEnded(answer, event, atMs);
    }
  }

  #read(answer: Answer, text: string, atMs: number): void {
    const { reading, aloud, turnTaking } = this.#session;
    reading.sent(text, turnTaking.readingCharsPerS, atMs);
    aloud.sent(answer.output.messageId, text, turnTaking.readingCharsPerS, atMs);
  }

  #generationEnded(answer: Answer, event: GenEvent & { t: 'end' }, atMs: number): void {
    if (event.reason === 'error' || event.reason === 'aborted') {
      this.fail({ code: 'engine_failed', message: `the engine ended the answer: ${event.reason}` }, atMs);
      return;
    }
    const outcome: Outcome =
      event.reason === 'stop'
        ? { status: 'completed' }
        : { status: 'incomplete', reason: 'max_output_tokens' };
    answer.end(outcome, atMs, event.usage);
    this.#over(answer, atMs);
    if (!answer.joins) return this.#goBack(answer);
    this.#session.out.push({ c: 'accept', responseId: answer.id });
    this.#logAnswer(answer);
  }

  /** Ends a response early. What was sent stays in the context; if nothing began, the question is open again. */
  #stop(answer: Answer, outcome: Outcome, atMs: number): void {
    if (answer.generating) this.#session.out.push({ c: 'abort', responseId: answer.id });
    answer.end(outcome, atMs);
    this.#over(answer, atMs);
    if (!answer.generating) return;
    const nothingSaid = outcome.status === 'failed' && answer.tokens === 0;
    if (answer.joins && answer.started && !nothingSaid) {
      this.#session.out.push({ c: 'accept', responseId: answer.id, keepTokens: answer.tokens });
      this.#logAnswer(answer);
      return;
    }
    this.#goBack(answer);
  }

  /** As if there had been no answer. */
  #goBack(answer: Answer): void {
    this.#session.out.push({ c: 'rollback', key: answer.id });
    this.#session.log.rollback(this.#mark.position);
    this.#writer.turns.wentTo(this.#mark.turnOpen);
  }

  #over(answer: Answer, atMs: number): void {
    this.#active = null;
    this.#held = null;
    if (answer.joins) this.#answeredAtMs = answer.unprompted ? null : atMs;
  }

  #logAnswer({ id, output, tokens }: Answer): void {
    const { itemIds, text, tokenEnds, messageId } = output;
    this.#session.log.add({ k: 'answer', id, itemIds, text, tokenEnds }, tokens);
    // Deleted while it was made.
    const { items } = this.#session;
    for (const itemId of itemIds.filter((one) => !items.get(one)))
      forgetItem(this.#session, this.#writer, { itemId, isMessage: itemId === messageId });
  }
}
