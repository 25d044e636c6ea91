import { VisavisError, type Role } from '#modules/contracts';
import { joinRows } from './join-rows.js';
import { KvCache, type KvShape, type LayerRows } from './kv-cache.js';
import { RowSlab, type RowRange } from './row-slab.js';
import { PINNED, closeGaps, isNamed, rowsOf, type Span, type SpanKind, type SpanOwner } from './span.js';
import type { Utterance } from '../inputs/utterance.js';

/** Everything that a point in a session's context is; small, since the past is only ever appended to. */
export interface ContextState {
  readonly tokens: number;
  readonly spans: number;
  readonly turn: Role | null;
  readonly exchange: number;
  readonly utterance: Utterance | null;
  readonly samples: number;
}

/** The next rows to run through the decoder. */
export interface Prefill {
  /** `[count, dim]` */
  readonly embeds: Float32Array;
  readonly count: number;
  /** Position id of the first row. */
  readonly position: number;
  readonly past: { readonly keys: LayerRows; readonly values: LayerRows; readonly rows: number };
}

/** What a redaction did. */
export interface Redaction {
  /** What was taken out. */
  readonly dropped: readonly Span[];
  /** The first row that changed. */
  readonly from: number;
  /** Rows that had been computed and are to be once more: until `computed` reaches this. */
  readonly recompute: number;
}

/**
 * One session's context: rows in the KV cache, then rows that are known but not computed yet.
 *
 * Turn edges, text and audio only become pending; they are computed together by the next frame or answer. So the end of
 * speech costs one run over [audio, <|end|>, <|assistant|>], which gives the first token too. A row's keys and values
 * depend on earlier rows alone, so going back is cutting off, computed or not. And so what an utterance has so far can be
 * computed while it is spoken: those rows lie behind the context's own, and count once it ends, unless something else
 * comes in between.
 */
export class Context {
  turn: Role | null = null;
  /** The utterance that is being spoken. */
  utterance: Utterance | null = null;
  /** The utterance that was last attended to, until its turn is answered. */
  spoken: Utterance | null = null;
  exchange = PINNED;
  private readonly kv: KvCache;
  /** What each row is computed from, and is again when something in front of it is redacted. */
  private readonly inputs: RowSlab;
  private spans: Span[] = [];
  /** Position id minus row of what is put in now: evicted rows keep their place in the count. */
  private offset = 0;
  /** Where the first row was that has been evicted: rows from here on may know of evicted ones. */
  private firstHole = Infinity;
  private readonly maxTokens: number;

  constructor(shape: KvShape, hiddenSize: number, maxTokens: number) {
    this.kv = new KvCache(shape, maxTokens);
    this.inputs = new RowSlab(1, hiddenSize, maxTokens);
    this.maxTokens = maxTokens;
  }

  get tokens(): number {
    return this.inputs.length;
  }

  /** Rows that are already computed. */
  get computed(): number {
    return Math.min(this.kv.length, this.tokens);
  }

  /** Room for so many more rows. */
  get room(): number {
    return this.maxTokens - this.tokens;
  }

  /** In the order of their rows. */
  get contents(): readonly Span[] {
    return this.spans;
  }

  /**
   * Puts rows at the end, to be computed later.
   * @param embeds `[count, dim]`
   * @throws `context_full`; nothing is put in then
   */
  add(kind: SpanKind, embeds: Float32Array, count: number): void {
    this.checkRoom(count);
    this.dropAhead();
    this.put(kind, embeds, count);
  }

  /** {@link add}s the rows of an utterance that has ended, of which some may be computed already. */
  addSpoken(embeds: Float32Array, count: number): void {
    this.checkRoom(count);
    this.put('content', embeds, count);
  }

  /**
   * At most `max` of the pending rows and those of the utterance that is being spoken, `[count, dim]` so far; null when
   * all are computed, and when they would not fit.
   */
  nextAhead(spoken: Float32Array, count: number, max: number): Prefill | null {
    const { computed, tokens } = this;
    const dim = spoken.length / count;
    const from = this.kv.length;
    if (count > this.room || from >= tokens + count) return null;
    const known = computed < tokens ? this.inputs.window(from, tokens) : new Float32Array();
    const rows = joinRows(known, spoken.subarray(Math.max(0, from - tokens) * dim));
    const taken = Math.min(max, rows.length / dim);
    const embeds = rows.subarray(0, taken * dim);
    return { embeds, count: taken, position: from + this.offset, past: this.kv.last() };
  }

  /** The utterance that is being spoken was given up, or what it would stand behind has changed. */
  dropAhead(): void {
    this.kv.truncate(this.tokens);
  }

  private put(kind: SpanKind, embeds: Float32Array, count: number): void {
    const from = this.tokens;
    this.inputs.append(embeds, count);
    const { exchange, offset } = this;
    this.spans.push({ kind, from, to: from + count, position: from + offset, exchange, owner: null });
  }

  /** Makes the rows from `from` on one span, which has an owner from now on. */
  seal(from: number, kind: SpanKind, owner: SpanOwner): void {
    if (from >= this.tokens) return;
    const { exchange, offset } = this;
    this.spans = this.spans.filter((span) => span.from < from);
    this.spans.push({ kind, from, to: this.tokens, position: from + offset, exchange, owner });
  }

  /** At most `max` of the pending rows; null when all are computed. */
  nextPrefill(max: number): Prefill | null {
    const from = this.computed;
    const count = Math.min(max, this.tokens - from);
    if (count <= 0) return null;
    return {
      embeds: this.inputs.window(from, from + count),
      count,
      position: from + this.offset,
      past: this.kv.last(),
    };
  }

  /** Takes in what the decoder made of {@link nextPrefill}'s rows: `[heads, count, headDim]` a layer. */
  takePrefilled(keys: LayerRows, values: LayerRows, count: number): void {
    this.kv.append(keys, values, count);
  }

  /** What is put in next begins at this position id, as if something had been evicted; all before must be computed. */
  skipTo(position: number): void {
    this.dropAhead();
    const offset = position - this.tokens;
    if (offset > this.offset) this.firstHole = Math.min(this.firstHole, this.tokens);
    this.offset = offset;
  }

  /** Nobody asks for anything any more: gives the memory back. */
  release(): void {
    this.kv.release();
    this.inputs.release();
    this.utterance?.release();
    this.spoken?.release();
  }

  save(): ContextState {
    return {
      tokens: this.tokens,
      spans: this.spans.length,
      turn: this.turn,
      exchange: this.exchange,
      utterance: this.utterance,
      samples: this.utterance?.samples ?? 0,
    };
  }

  /** Cuts the context off at `tokens`, within the rows that came last. */
  cut(tokens: number): void {
    this.truncate(tokens);
    while ((this.spans.at(-1)?.from ?? 0) >= tokens) this.spans.pop();
    const last = this.spans.pop();
    if (last) this.spans.push({ ...last, to: Math.min(last.to, tokens) });
  }

  /** Goes back to a state saved since the last eviction or redaction. */
  restore(state: ContextState): void {
    this.truncate(state.tokens);
    this.spans.length = state.spans;
    this.turn = state.turn;
    this.exchange = state.exchange;
    this.utterance = state.utterance;
    this.utterance?.truncate(state.samples);
  }

  /**
   * Takes spans out, whose rows must be computed. What is behind them keeps its positions and what it knows of them; so
   * does what comes later. States saved before are void.
   * @returns the number of rows freed
   */
  evict(dropped: readonly Span[]): number {
    this.dropAhead();
    this.kv.remove(dropped);
    this.inputs.remove(dropped);
    this.firstHole = Math.min(this.firstHole, ...dropped.map((span) => span.from));
    this.spans = closeGaps(this.spans, dropped);
    // Counted on from what is left, as the session's log does.
    this.exchange = this.spans.at(-1)?.exchange ?? PINNED;
    const freed = rowsOf(dropped);
    this.offset += freed;
    this.spoken = null;
    return freed;
  }

  /**
   * Takes out what `ids` name, and all that knows of it: the rows behind become pending again, at the positions that
   * they would have without it. An id that names nothing here may be that of something evicted, so everything that
   * knows of anything evicted becomes pending. States saved before are void.
   */
  redact(ids: ReadonlySet<string>): Redaction {
    const dropped = this.spans.filter((span) => isNamed(span.owner, ids));
    const hole = this.nameAll(ids, dropped) ? Infinity : this.firstHole;
    if (this.isSpoken(ids)) this.utterance = null;
    const first = dropped[0] ?? { from: this.tokens, position: this.tokens + this.offset };
    const { from, recompute } = this.close(dropped, first, hole);
    this.spans = this.moved(closeGaps(this.spans, dropped), from);
    // With its edges an exchange is as if it had not been.
    this.exchange = this.spans.at(-1)?.exchange ?? PINNED;
    return { dropped, from, recompute };
  }

  /**
   * Takes rows out of the middle of one span, and has what is behind them pending again, as {@link redact} has. States
   * saved before are void.
   * @param rows `keep`: of its first ones, `end`: of its last ones; null: nothing was taken out
   */
  shorten(key: string, rows: { keep: number; end: number }): Redaction | null {
    const span = this.spans.find(({ owner }) => owner?.key === key);
    if (!span || span.to - span.from <= rows.keep + rows.end) return null;
    const gone = { ...span, from: span.from + rows.keep, to: span.to - rows.end };
    const first = { from: gone.from, position: span.position + rows.keep };
    const { from, recompute } = this.close([gone], first, Infinity);
    const freed = gone.to - gone.from;
    const spans = this.spans.map((other) => {
      if (other === span) return { ...span, to: span.to - freed };
      return other.from < span.from ? other : { ...other, from: other.from - freed, to: other.to - freed };
    });
    this.spans = this.moved(spans, from);
    return { dropped: [gone], from, recompute };
  }

  /** Closes the gaps that `dropped` leave, and has all behind the first of them computed anew. */
  private close(
    dropped: readonly RowRange[],
    first: { readonly from: number; readonly position: number },
    hole: number,
  ): { from: number; recompute: number } {
    const from = Math.min(hole, first.from);
    // In front of the first hole nothing is missing: there, rows and positions are the same.
    const position = hole <= first.from ? from : first.position;
    if (hole <= first.from || first.from < this.firstHole) this.firstHole = Infinity;
    const recompute = this.computed - rowsOf(dropped.map((span) => within(span, this.computed)));
    this.kv.truncate(from);
    this.inputs.remove(dropped);
    this.offset = position - from;
    this.spoken = null;
    return { from, recompute };
  }

  /** Spans behind `from` are where they would be without what was taken out. */
  private moved(spans: readonly Span[], from: number): Span[] {
    return spans.map((span) => (span.from < from ? span : { ...span, position: span.from + this.offset }));
  }

  private nameAll(ids: ReadonlySet<string>, named: readonly Span[]): boolean {
    const known = new Set(named.flatMap(({ owner }) => (owner ? [owner.id, owner.utterance] : [])));
    return [...ids].every((id) => known.has(id) || id === this.utterance?.id);
  }

  /** Whether the utterance that is being spoken is named. */
  private isSpoken(ids: ReadonlySet<string>): boolean {
    return this.utterance !== null && this.utterance.id !== null && ids.has(this.utterance.id);
  }

  private checkRoom(count: number): void {
    if (count <= this.room) return;
    const message = `${count} more tokens do not fit: ${this.tokens} of ${this.maxTokens} used`;
    throw new VisavisError('context_full', message);
  }

  private truncate(tokens: number): void {
    this.inputs.truncate(tokens);
    this.kv.truncate(tokens);
  }
}

/** The part of a span that lies in front of a row. */
function within<T extends RowRange>(range: T, row: number): T {
  return { ...range, from: Math.min(range.from, row), to: Math.min(range.to, row) };
}
