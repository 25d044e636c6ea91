import { VisavisError, type Role } from '#modules/contracts';
import { PINNED, closeGaps, planEviction, type Span } from './eviction.js';
import { KvCache, type KvShape, type LayerRows } from './kv-cache.js';
import { RowSlab } from './row-slab.js';
import type { Utterance } from './utterance.js';

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

/**
 * One session's context: rows in the KV cache, then rows that are known but not computed yet.
 *
 * Turn edges, text and audio only become pending; they are computed together by the next frame or answer. So the end of
 * speech costs one run over [audio, <|end|>, <|assistant|>], which gives the first token too. A row's keys and values
 * depend on earlier rows alone, so going back is cutting off, computed or not.
 */
export class Context {
  turn: Role | null = null;
  /** The utterance that is being spoken. */
  utterance: Utterance | null = null;
  /** The utterance that was last attended to, until its turn is answered. */
  spoken: Utterance | null = null;
  exchange = PINNED;
  private readonly kv: KvCache;
  private readonly pending: RowSlab;
  private spans: Span[] = [];
  /** Rows evicted so far: position ids go on as if they were still there. */
  private evicted = 0;
  private readonly maxTokens: number;

  constructor(shape: KvShape, hiddenSize: number, maxTokens: number) {
    this.kv = new KvCache(shape, maxTokens);
    this.pending = new RowSlab(1, hiddenSize, maxTokens);
    this.maxTokens = maxTokens;
  }

  get tokens(): number {
    return this.kv.length + this.pending.length;
  }

  /** Rows that are already computed. */
  get computed(): number {
    return this.kv.length;
  }

  /** Room for so many more rows. */
  get room(): number {
    return this.maxTokens - this.tokens;
  }

  /**
   * Puts rows at the end, to be computed later.
   * @param embeds `[count, dim]`
   * @throws `context_full`; nothing is put in then
   */
  add(kind: Span['kind'], embeds: Float32Array, count: number): void {
    if (count > this.room) {
      throw new VisavisError(
        'context_full',
        `${count} more tokens do not fit: ${this.tokens} of ${this.maxTokens} used`,
      );
    }
    const from = this.tokens;
    this.pending.append(embeds, count);
    this.spans.push({ kind, from, to: from + count, exchange: this.exchange });
  }

  /** At most `max` of the pending rows; null when all are computed. */
  nextPrefill(max: number): Prefill | null {
    const count = Math.min(max, this.pending.length);
    if (count === 0) return null;
    return {
      embeds: this.pending.window(0, count),
      count,
      position: this.kv.length + this.evicted,
      past: this.kv.last(),
    };
  }

  /** Takes in what the decoder made of {@link nextPrefill}'s rows: `[heads, count, headDim]` a layer. */
  takePrefilled(keys: LayerRows, values: LayerRows, count: number): void {
    this.kv.append(keys, values, count);
    this.pending.remove(0, count);
  }

  /** What is put in next begins at this position id; all before must be computed. */
  skipTo(position: number): void {
    this.evicted = position - this.tokens;
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

  /** Goes back to a state saved since the last eviction. */
  restore(state: ContextState): void {
    this.truncate(state.tokens);
    this.spans.length = state.spans;
    this.turn = state.turn;
    this.exchange = state.exchange;
    this.utterance = state.utterance;
    this.utterance?.truncate(state.samples);
  }

  /** Takes old frames, then old exchanges out. Returns the number of rows freed. States saved before are void. */
  evict(keepFrames: number, targetTokens: number): number {
    const dropped = planEviction(this.spans, { keepFrames, targetTokens, currentExchange: this.exchange });
    for (const span of dropped.toReversed()) this.remove(span.from, span.to);
    this.spans = closeGaps(this.spans, dropped);
    const freed = dropped.reduce((sum, span) => sum + span.to - span.from, 0);
    this.evicted += freed;
    return freed;
  }

  private truncate(tokens: number): void {
    this.pending.truncate(Math.max(0, tokens - this.kv.length));
    this.kv.truncate(tokens);
  }

  private remove(from: number, to: number): void {
    const computed = this.kv.length;
    if (to > computed) this.pending.remove(Math.max(0, from - computed), to - computed);
    if (from < computed) this.kv.remove(from, Math.min(to, computed));
  }
}
