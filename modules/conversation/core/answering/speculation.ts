import type { GenEvent } from '#modules/contracts';
import { countTokens, type AnswerStart } from './answer.js';
import type { Answering } from './answering.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { SpeculationKind, SpeculationOutcome, TokenCounts, TurnSpeculation } from '../events.js';
import { HeldEvents } from './held-events.js';
import type { Session } from '../session.js';
import type { SideAnswers } from './beside/side-answers.js';
import { mayProbe } from '../turn-rules/visual-turns.js';
import { WasteBudget } from './waste-budget.js';
import type { EndedUtterance } from '../context/writes.js';

/** An answer that has been begun and that nobody is to hear yet. Instants are on the gateway's clock. */
interface Try {
  readonly kind: SpeculationKind;
  /** The response's, should there be one. */
  readonly id: string;
  /** The mark before everything that the try put into the context. */
  readonly key: string;
  /** The log at that mark. */
  readonly position: number;
  readonly headTokens: number;
  readonly cached: TokenCounts;
  readonly maxOutputTokens: number | 'inf';
  readonly startedAtMs: number;
  readonly held: HeldEvents;
  /** Set when the question is in the context and generation was asked for. */
  attended: { readonly atMs: number; readonly position: number } | null;
}

/**
 * Begins answers before their turn is confirmed, and holds them back: in a pause of speech, or where the model is asked
 * whether it would speak about what it sees. The context is marked first; unless the answer is confirmed it goes back to
 * the mark, and everything is as if there had been no try. Meanwhile nothing else is written: it waits at the gate.
 */
export class Speculation {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #sides: SideAnswers;
  readonly #budget: WasteBudget;
  #try: Try | null = null;
  #turn = { tries: 0, wastedTokens: 0 };
  #probedAtMs: number | null = null;
  #remarkedAtMs: number | null = null;

  constructor(
    session: Session,
    writer: ContextWriter,
    { answering, sides }: { answering: Answering; sides: SideAnswers },
  ) {
    this.#sides = sides;
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
    this.#budget = new WasteBudget(session.settings.speculationWastePerMinute);
  }

  get live(): boolean {
    return this.#try !== null;
  }

  /** How sure the model is of its answer to what was said, 0..1; null: nothing is known. */
  get sureness(): number | null {
    return this.#try?.kind === 'speech' ? this.#try.held.sureness : null;
  }

  /** When a try fails for want of progress (gateway clock); null: there is none. */
  get deadlineMs(): number | null {
    return this.#try ? this.#try.startedAtMs + this.#session.settings.engineTimeoutMs : null;
  }

  /** The question is on its way into the context. */
  get attending(): boolean {
    return this.#try !== null && this.#try.attended === null;
  }

  /** Attends an utterance that may have ended here, and answers it; where that is not allowed, nothing happens. */
  beginSpeech(utterance: EndedUtterance, atMs: number): void {
    const { settings, turnTaking } = this.#session;
    const allowed =
      turnTaking.speculation &&
      this.#turn.tries < settings.speculationTries &&
      utterance.endMs - utterance.startMs <= settings.speculationMaxSpeechMs &&
      !this.#budget.exhausted(atMs);
    if (!allowed || !this.#possible || !this.#writer.sound.fits(utterance)) return;
    this.#turn.tries += 1;
    const ref = `${utterance.audioId}~${this.#turn.tries}`;
    this.#begin('speech', atMs);
    this.#writer.sound.attend(utterance, ref);
    this.#writer.gate();
  }

  /** Asks the model whether it would speak about what it sees. */
  beginVisual(atMs: number): void {
    const { settings, turnTaking } = this.#session;
    const history = { probedAtMs: this.#probedAtMs, spokeAtMs: this.#remarkedAtMs };
    const pace = { probeIntervalMs: settings.visualProbeIntervalMs, cooldownMs: settings.visualCooldownMs };
    if (!turnTaking.visualTurns || !this.#possible || !mayProbe(history, pace, atMs)) return;
    this.#probedAtMs = atMs;
    this.#begin('visual', atMs);
    this.#writer.gate();
  }

  /** The question is attended: closes the turn and generates. */
  generate(atMs: number): void {
    const { out, log } = this.#session;
    const current = this.#try;
    if (!current) return;
    const room = this.#writer.ledger.answerRoom;
    if (room < 1) return this.withdraw('failed', atMs);
    current.attended = { atMs, position: log.position };
    out.push({ c: 'mark', key: current.id });
    this.#writer.turns.close();
    const wanted = current.maxOutputTokens;
    const maxTokens = wanted === 'inf' ? room : Math.min(wanted, room);
    const tools = this.#answering.wishes.tools;
    out.push({ c: 'generate', responseId: current.id, maxTokens, speculative: true, ...tools });
  }

  /** @returns false: it is not about the answer that is held back. */
  generated(responseId: string, event: GenEvent, atMs: number): boolean {
    const current = this.#try;
    if (current?.id !== responseId) return false;
    if (event.t === 'end' && (event.reason === 'error' || event.reason === 'aborted')) {
      this.withdraw('failed', atMs);
      return true;
    }
    current.held.push(event, atMs);
    if (current.kind === 'speech') return true;
    if (current.held.text.trim() !== '') this.#remark(atMs);
    else if (event.t === 'end') this.withdraw('silent', atMs);
    return true;
  }

  /** @returns false: it is not about the answer that is held back. */
  generationFailed(responseId: string, atMs: number): boolean {
    if (this.#try?.id !== responseId) return false;
    this.withdraw('failed', atMs);
    return true;
  }

  /** The turn is over where it was taken to be: the answer becomes the one that is wanted, with all it has said so far. */
  confirm(atMs: number): void {
    const current = this.#try;
    if (!current) return;
    this.#try = null;
    const { firstTokenAtMs, tokens } = current.held;
    const gainMs = Math.min(firstTokenAtMs ?? atMs, atMs) - current.startedAtMs;
    this.#ended(current.kind, 'used', { tokens, gainMs });
    const start: AnswerStart = { id: current.id, headTokens: current.headTokens, cached: current.cached };
    this.#answering.adopt({
      start,
      speculation: this.#takeTurn(current.kind === 'speech' ? gainMs : null),
      attended: current.attended,
      events: current.held.take(),
      atMs,
    });
  }

  /** Takes the try back, if there is one: what it put into the context, and what it was about to say. */
  withdraw(outcome: Exclude<SpeculationOutcome, 'used'>, atMs: number): void {
    const current = this.#try;
    if (!current) return;
    this.#try = null;
    const { out } = this.#session;
    if (current.attended) out.push({ c: 'abort', responseId: current.id });
    out.push({ c: 'rollback', key: current.key });
    this.#writer.takeBack(current.position);
    const { tokens } = current.held;
    if (current.kind === 'speech') {
      this.#turn.wastedTokens += tokens;
      this.#budget.spend(tokens, atMs);
    }
    this.#ended(current.kind, outcome, { tokens, gainMs: 0 });
    this.#writer.open();
  }

  /** A turn was committed without the help of a try. @returns what had been tried */
  endTurn(): TurnSpeculation | null {
    return this.#takeTurn(null);
  }

  /** The engine can go back, and everything before is written. */
  get #possible(): boolean {
    const { caps } = this.#session;
    const able = caps.speculative && caps.rollback !== 'none';
    const { activeId, wishes } = this.#answering;
    const free = !this.#try && activeId === null && this.#sides.joiningId === null && !wishes.wantedOtherwise;
    return able && free && this.#writer.upToDate;
  }

  #begin(kind: SpeculationKind, atMs: number): void {
    const { ids, log, out } = this.#session;
    this.#writer.turns.open();
    const { headTokens } = this.#writer.ledger;
    const id = ids.next('resp');
    this.#try = {
      kind,
      id,
      key: `before ${id}`,
      position: log.position,
      headTokens,
      cached: countTokens(log, headTokens),
      maxOutputTokens: this.#answering.wishes.tokens,
      startedAtMs: atMs,
      held: new HeldEvents(),
      attended: null,
    };
    out.push({ c: 'mark', key: this.#try.key });
  }

  #remark(atMs: number): void {
    this.#remarkedAtMs = atMs;
    this.#answering.wishes.want({ metadata: { trigger: 'visual' }, unprompted: true });
    this.confirm(atMs);
  }

  #takeTurn(gainMs: number | null): TurnSpeculation | null {
    const { tries, wastedTokens } = this.#turn;
    this.#turn = { tries: 0, wastedTokens: 0 };
    return tries === 0 ? null : { used: gainMs !== null, tries, wastedTokens, gainMs: gainMs ?? 0 };
  }

  #ended(
    kind: SpeculationKind,
    outcome: SpeculationOutcome,
    { tokens, gainMs }: { tokens: number; gainMs: number },
  ): void {
    this.#session.out.emit({ type: 'speculation_ended', kind, outcome, tokens, gainMs });
  }
}
