import { RowSlab, type RowRange } from './row-slab.js';

/** Shape of one attention cache. */
export interface KvShape {
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
  /** Each layer's own heads and width, where they differ between layers; `heads` and `headDim` are then the largest. */
  readonly each?: readonly { readonly heads: number; readonly headDim: number }[];
}

/** One run's keys or values, one array `[heads, rows, headDim]` a layer. */
export type LayerRows = readonly Float32Array[];

/** The keys and values of one sequence. Rows are only ever appended, cut off at the end, or taken out. */
export class KvCache {
  private readonly keySlabs: RowSlab[];
  private readonly valueSlabs: RowSlab[];

  constructor(shape: KvShape, maxRows: number) {
    const slabs = () =>
      Array.from({ length: shape.layers }, (_, layer) => {
        const { heads, headDim } = shape.each?.[layer] ?? shape;
        return new RowSlab(heads, headDim, maxRows);
      });
    this.keySlabs = slabs();
    this.valueSlabs = slabs();
  }

  get length(): number {
    return this.keySlabs[0]?.length ?? 0;
  }

  append(keys: LayerRows, values: LayerRows, count: number): void {
    keys.forEach((rows, layer) => this.keySlabs[layer]?.append(rows, count));
    values.forEach((rows, layer) => this.valueSlabs[layer]?.append(rows, count));
  }

  /** Gives the memory back; the cache is as new afterwards. */
  release(): void {
    for (const slab of [...this.keySlabs, ...this.valueSlabs]) slab.release();
  }

  truncate(length: number): void {
    for (const slab of [...this.keySlabs, ...this.valueSlabs]) slab.truncate(length);
  }

  remove(ranges: readonly RowRange[]): void {
    for (const slab of [...this.keySlabs, ...this.valueSlabs]) slab.remove(ranges);
  }

  /** The last `rows` rows of every layer (all of them by default). */
  last(rows: number = this.length): { keys: LayerRows; values: LayerRows; rows: number } {
    const to = this.length;
    const from = Math.max(0, to - rows);
    return {
      keys: this.keySlabs.map((slab) => slab.window(from, to)),
      values: this.valueSlabs.map((slab) => slab.window(from, to)),
      rows: to - from,
    };
  }
}
