import { VisavisError } from '#modules/contracts';
import { freeFloats } from './free-floats.js';

/** Rows `from` (inclusive) to `to` (exclusive). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Floats that a slab has room for from the first. From an eighth of a mebibyte on malloc maps a block by itself, as it is set for the
 * gateway: only what is written takes memory, and all of it goes back when it is freed. Smaller ones lie among others' and leave holes.
 */
const FIRST_FLOATS = 32_768;

/**
 * Rows of floats that grow at the end, laid out `[heads][capacity][dim]`.
 * With one head every run of rows is one contiguous view, so a model can read the past without a copy; with more heads
 * a window is gathered head by head into a new array.
 */
export class RowSlab {
  private data = new Float32Array();
  private capacity = 0;
  private rows = 0;
  private readonly heads: number;
  private readonly dim: number;
  private readonly maxRows: number;

  constructor(heads: number, dim: number, maxRows: number) {
    this.heads = heads;
    this.dim = dim;
    this.maxRows = maxRows;
  }

  get length(): number {
    return this.rows;
  }

  /**
   * @param rows `[heads, count, dim]`
   * @throws `context_full` beyond `maxRows`
   */
  append(rows: Float32Array, count: number): void {
    this.reserve(this.rows + count);
    const size = count * this.dim;
    for (let head = 0; head < this.heads; head++) {
      this.data.set(rows.subarray(head * size, (head + 1) * size), this.at(head, this.rows));
    }
    this.rows += count;
  }

  /** Gives the memory back; what comes next is as in a new slab. Views of it are empty from then on. */
  release(): void {
    freeFloats(this.data);
    this.data = new Float32Array();
    this.capacity = 0;
    this.rows = 0;
  }

  truncate(length: number): void {
    this.rows = Math.min(this.rows, length);
  }

  /** Takes runs of rows out, which are in order and do not overlap; later rows move down, each once. */
  remove(ranges: readonly RowRange[]): void {
    const [first] = ranges;
    if (!first) return;
    let end = first.from;
    ranges.forEach((range, index) => {
      const next = ranges[index + 1]?.from ?? this.rows;
      for (let head = 0; head < this.heads; head++) {
        this.data.copyWithin(this.at(head, end), this.at(head, range.to), this.at(head, next));
      }
      end += next - range.to;
    });
    this.rows = end;
  }

  /** Rows `from` to `to` as `[heads, to - from, dim]`. With one head a view, valid until the next change. */
  window(from: number, to: number): Float32Array {
    if (this.heads === 1) return this.data.subarray(from * this.dim, to * this.dim);
    const size = (to - from) * this.dim;
    const copy = new Float32Array(this.heads * size);
    for (let head = 0; head < this.heads; head++) {
      copy.set(this.data.subarray(this.at(head, from), this.at(head, to)), head * size);
    }
    return copy;
  }

  private at(head: number, row: number): number {
    return (head * this.capacity + row) * this.dim;
  }

  private reserve(rows: number): void {
    if (rows > this.maxRows) {
      throw new VisavisError('context_full', `${rows} rows asked for, at most ${this.maxRows} fit`);
    }
    if (rows <= this.capacity) return;
    let capacity = this.capacity || Math.ceil(FIRST_FLOATS / (this.heads * this.dim));
    while (capacity < rows) capacity *= 2;
    capacity = Math.min(capacity, this.maxRows);
    const grown = new Float32Array(this.heads * capacity * this.dim);
    for (let head = 0; head < this.heads; head++) {
      grown.set(this.data.subarray(this.at(head, 0), this.at(head, this.rows)), head * capacity * this.dim);
    }
    freeFloats(this.data);
    this.data = grown;
    this.capacity = capacity;
  }
}
