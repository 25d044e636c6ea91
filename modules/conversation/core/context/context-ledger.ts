import type { AppendReceipt, Checkpoint } from '#modules/contracts';
import { contextBudget, TURN_MARK_TOKENS, type ContextBudget } from './context-budget.js';
import type { Failure } from '../inputs.js';
import { itemIdsOf, type LogEntry } from './log.js';
import type { Session } from '../session.js';

/** `block`: audio that is encoded and not attended. `edge`: the open or close of a turn. */
export type AppendKind = 'frame' | 'block' | 'question' | 'edge';

interface Outstanding {
  readonly kind: AppendKind;
  /** Estimate, until the receipt comes. */
  readonly tokens: number;
  /** Media clock; 0 where the kind has no time. */
  readonly ptsMs: number;
}

interface Eviction {
  /** Estimate, until the result comes. */
  readonly keepFrames: number;
  /** Frames of the log up to here are concerned. */
  readonly position: number;
  /** Estimate, until the result comes. */
  readonly freedTokens: number;
}

interface Redaction {
  /** That are concerned. */
  readonly itemIds: readonly string[];
  /** Estimate, until the result comes. */
  readonly freedTokens: number;
}

/** Keeps account of what is in the context and on its way there, and evicts between turns. */
export class ContextLedger {
  readonly #session: Session;
  readonly #outstanding = new Map<string, Outstanding>();
  /** Taken back by a rollback before the engine said what became of them. */
  readonly #void = new Set<string>();
  #headTokens = 0;
  /** The engine had no room where there was some by its receipts: it counts more than it told. Until the next eviction. */
  #tight = false;
  /** Under way, in order. */
  #evictions: Eviction[] = [];
  /** Under way, in order. */
  #redactions: Redaction[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get #budget(): ContextBudget {
    return contextBudget(this.#session.caps, this.#session.maxFrames);
  }

  /** Tokens in the engine's context, by its last receipt, without what is being taken out. */
  get headTokens(): number {
    const freed = this.#redactions.reduce((sum, { freedTokens }) => sum + freedTokens, 0);
    return Math.max(0, this.#headTokens - freed);
  }

  /** A part of a question is on its way. */
  get attending(): boolean {
    return [...this.#outstanding.values()].some(({ kind }) => kind === 'question');
  }

  /** Question parts and turn edges that the engine has not confirmed yet. */
  get questionsUnderWay(): number {
    return [...this.#outstanding.values()].filter(({ kind }) => kind !== 'frame' && kind !== 'block').length;
  }

  /** Tokens an answer can have. */
  get answerRoom(): number {
    return this.#budget.maxTokens - this.#expectedTokens() - TURN_MARK_TOKENS;
  }

  /** Whether there could be room for so many tokens and an answer, if nothing else were in the context. */
  mayFit(tokens: number): boolean {
    return tokens + 2 * TURN_MARK_TOKENS <= this.#budget.maxTokens;
  }

  /** Whether a question of so many tokens leaves room for an answer. */
  fitsQuestion(tokens: number): boolean {
    return this.#expectedTokens() + tokens + 2 * TURN_MARK_TOKENS <= this.#budget.maxTokens;
  }

  fitsFrame(): boolean {
    return this.#expectedTokens() + this.#frameTokens <= this.#budget.highWater;
  }

  /** With the mark before it. */
  get #frameTokens(): number {
    return this.#session.caps.tokensPerFrame + 1;
  }

  expect(ref: string, outstanding: Outstanding): void {
    this.#outstanding.set(ref, outstanding);
  }

  /** What kind of append is under way by this name; undefined: none. */
  kindOf(ref: string): AppendKind | undefined {
    return this.#outstanding.get(ref)?.kind;
  }

  appended(ref: string, receipt: AppendReceipt): void {
    if (this.#void.delete(ref)) return;
    const outstanding = this.#outstanding.get(ref);
    this.#outstanding.delete(ref);
    this.#headTokens = receipt.at.tokens;
    if (!outstanding || outstanding.kind === 'block') return;
    const entry = this.#session.log.attended(ref, receipt.tokens);
    if (entry?.k !== 'frame') return;
    const { itemId, ptsMs, source } = entry;
    const { tokens } = receipt;
    this.#session.out.emit({ type: 'frame_attended', itemId, ptsMs, tokens, ...(source && { source }) });
  }

  /** @returns what kind of append it was; undefined: none of ours. */
  appendFailed(ref: string, failure: Failure): AppendKind | undefined {
    if (this.#void.delete(ref)) return undefined;
    const outstanding = this.#outstanding.get(ref);
    if (!outstanding) return undefined;
    this.#outstanding.delete(ref);
    const source = this.#session.log.sourceOf(ref);
    this.#session.log.remove(ref);
    if (outstanding.kind === 'question' && failure.code === 'context_full') this.#tight = true;
    if (outstanding.kind === 'frame') {
      const dropped = { type: 'frame_dropped', ptsMs: outstanding.ptsMs, reason: failure.code } as const;
      this.#session.out.emit({ ...dropped, ...(source && { source }) });
    }
    return outstanding.kind;
  }

  /** Takes the log back to `position`, ahead of the rollback under way: what came after it counts no more. */
  takeBack(position: number): void {
    const { log } = this.#session;
    for (const { id, seq, tokens } of log.entries) {
      if (seq <= position) continue;
      if (this.#outstanding.delete(id)) this.#void.add(id);
      else this.#headTokens = Math.max(0, this.#headTokens - (tokens ?? 0));
    }
    log.rollback(position);
  }

  /** The engine says where its head is after an accept or a rollback. */
  moved(at: Checkpoint): void {
    this.#headTokens = at.tokens;
  }

  evicted(freedTokens: number, dropped: readonly string[]): void {
    this.#headTokens = Math.max(0, this.#headTokens - freedTokens);
    this.#evictions.shift();
    this.#session.log.evict(dropped);
  }

  /** Takes out of the context, and so out of the log, what is named, with the edges of turns that are left empty. */
  redact(ids: readonly string[]): void {
    const redacted = this.#session.log.redact(ids);
    const itemIds = redacted.flatMap((entry) => {
      const ofEntry = itemIdsOf(entry);
      return ofEntry.length > 0 || entry.k === 'turn' ? ofEntry : [entry.id];
    });
    const freedTokens = redacted.reduce((sum, entry) => sum + rowsOf(entry), 0);
    this.#redactions.push({ itemIds, freedTokens });
    const edges = redacted.flatMap(({ k, id }) => (k === 'turn' ? [id] : []));
    this.#session.out.push({ c: 'redact', ids: [...ids, ...edges] });
  }

  redacted(freedTokens: number): void {
    this.#headTokens = Math.max(0, this.#headTokens - freedTokens);
    const itemIds = [...new Set(this.#redactions.shift()?.itemIds)];
    this.#session.out.emit({ type: 'context_redacted', itemIds, tokens: freedTokens });
  }

  /** Shortens an answer in the context, and so in the log. */
  cut(responseId: string, keepTokens: number): void {
    this.#session.log.cut(responseId, keepTokens);
    this.#session.out.push({ c: 'cut', responseId, keepTokens });
  }

  wasCut(freedTokens: number): void {
    this.#headTokens = Math.max(0, this.#headTokens - freedTokens);
  }

  redactFailed(): void {
    this.#redactions.shift();
  }

  evictFailed(): void {
    this.#evictions.shift();
  }

  /**
   * Evicts where so many more frames would not fit. To be called between turns only: while no question is under way or
   * being answered. (While the user speaks the turn holds nothing but frames, so that is still between turns.)
   * @param o `needed`: they are not to be shed: at any time. `opening`: they open the user's turn
   */
  makeRoom(moreFrames: number, { needed = false, opening = false } = {}): void {
    if (!needed && this.questionsUnderWay > 0) return;
    const frames = this.#expectedFrames();
    const moreTokens = moreFrames * this.#frameTokens;
    const expected = this.#expectedTokens();
    const tooMany = frames + moreFrames > this.#budget.maxFrames;
    const tooFull = expected + moreTokens > this.#budget.highWater;
    if (!tooMany && !tooFull) return;
    this.#evict(tooFull ? this.#budget.lowWater : this.#budget.highWater, opening);
  }

  /**
   * Evicts where what is to be answered, or stands between turns, would leave no room for an answer. What else there is of
   * the exchange under way stays, with the pictures that the client put in for it.
   * @param opening it opens the user's turn, so that what was answered last is not under way any more
   * @returns false: there cannot be room for so many tokens
   */
  makeRoomFor(tokens: number, opening: boolean): boolean {
    if (!this.mayFit(tokens + this.#session.log.framesShown * this.#frameTokens)) return false;
    if (!this.#tight && this.fitsQuestion(tokens)) return true;
    this.#evict(
      Math.min(this.#budget.lowWater, this.#budget.maxTokens - 2 * TURN_MARK_TOKENS - tokens),
      opening,
    );
    return true;
  }

  #evict(targetTokens: number, opening: boolean): void {
    this.#tight = false;
    const { log, out } = this.#session;
    const frames = this.#expectedFrames();
    const keepFrames = Math.min(frames, this.#budget.keepFrames);
    const freedByFrames = (frames - keepFrames) * this.#frameTokens;
    const freedTokens = Math.max(freedByFrames, this.#expectedTokens() - targetTokens);
    this.#evictions.push({ keepFrames, position: log.position, freedTokens });
    out.push({ c: 'evict', keepFrames, targetTokens, ...(opening && { opening }) });
  }

  /** In the context once everything under way is done. */
  #expectedFrames(): number {
    const last = this.#evictions.at(-1);
    return last
      ? last.keepFrames + this.#session.log.framesSince(last.position)
      : this.#session.log.framesSince(0);
  }

  #expectedTokens(): number {
    let tokens = this.headTokens;
    for (const eviction of this.#evictions) tokens -= eviction.freedTokens;
    for (const outstanding of this.#outstanding.values()) tokens += outstanding.tokens;
    return Math.max(0, tokens);
  }
}

/** Tokens that go with an entry: an answer stands between marks. */
function rowsOf(entry: LogEntry): number {
  return (entry.tokens ?? 0) + (entry.k === 'answer' ? 2 : 0);
}
