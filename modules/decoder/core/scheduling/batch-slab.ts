import { freeFloats } from '../context/free-floats.js';
import type { KvShape, LayerRows } from '../context/kv-cache.js';

/** A sequence's past, `[heads, rows, headDim]` a layer. */
export interface Past {
  readonly keys: LayerRows;
  readonly values: LayerRows;
  readonly rows: number;
}

/** The pasts of a batch, `[slots, heads, rows, headDim]` a layer, all as long as the longest may get. */
export interface BatchPast extends Past {
  /** `[slots, rows]`: 0 for a row of the sequence's own, {@link MASKED} for padding. */
  readonly bias: Float32Array;
}

/** What the attention to a row of padding is lowered by: its weight is exactly 0 after softmax. */
export const MASKED = -1e9;

/**
 * Rows that a slot is longer than the longest past when it is laid out: tokens until it is laid out anew. As long as most
 * answers: padding is read and multiplied like any other row, and laying out costs as much as one or two steps.
 */
const HEADROOM = 32;
/** Rows that a slot may be too long, after the longest sequence has left, before it is laid out anew. */
const SLACK = 256;

interface Slot {
  readonly owner: object;
  /** Rows of the owner's past that are here. */
  rows: number;
}

/**
 * Copies of the pasts of sequences that decode together, laid out so that the first slots are a batch's past as it is.
 *
 * Gathering every past anew for every token would cost more than sharing a run saves. Here a past is copied when its
 * sequence comes in, and then a row a token. What is in the sequences' own caches stays the truth: a slot can be given
 * to another at any time. Until its owner leaves, its past may only grow.
 */
export class BatchSlab {
  private readonly shape: KvShape;
  private readonly size: number;
  private slots: (Slot | null)[];
  /** Rows a slot has room for. */
  private capacity = 0;
  private keys: Float32Array[] = [];
  private values: Float32Array[] = [];

  /** @param size slots */
  constructor(shape: KvShape, size: number) {
    this.shape = shape;
    this.size = size;
    this.slots = Array.from({ length: size }, () => null);
  }

  leave(owner: object): void {
    this.slots = this.slots.map((slot) => (slot?.owner === owner ? null : slot));
  }

  /**
   * Brings the members' pasts up to date in the first slots. Who else was there loses its slot.
   * @returns for each slot the index of its member
   */
  arrange(members: readonly { readonly owner: object; readonly past: Past }[]): number[] {
    const longest = Math.max(...members.map(({ past }) => past.rows));
    if (longest > this.capacity || this.capacity > longest + HEADROOM + SLACK)
      this.layOut(longest + HEADROOM);
    const order = this.assign(members.map(({ owner }) => owner));
    order.forEach((index, at) => {
      const member = members[index];
      if (member) this.update(at, member.owner, member.past);
    });
    return order;
  }

  /** The first `count` slots, after {@link arrange}; views, valid until the next change. */
  past(count: number): BatchPast {
    const { capacity } = this;
    const bias = new Float32Array(count * capacity);
    for (let at = 0; at < count; at++) {
      bias.fill(MASKED, at * capacity + (this.slots[at]?.rows ?? 0), (at + 1) * capacity);
    }
    const end = this.start(count, 0);
    const views = (planes: readonly Float32Array[]) => planes.map((plane) => plane.subarray(0, end));
    return { keys: views(this.keys), values: views(this.values), rows: capacity, bias };
  }

  /** Members that are in one of the first slots stay there, the others take what is left. */
  private assign(owners: readonly object[]): number[] {
    const order = new Map<number, number>();
    const moving: number[] = [];
    owners.forEach((owner, index) => {
      const at = this.slots.findIndex((slot) => slot?.owner === owner);
      if (at !== -1 && at < owners.length) order.set(at, index);
      else moving.push(index);
      if (at >= owners.length) this.slots[at] = null;
    });
    return owners.map((_, at) => order.get(at) ?? (moving.shift() as number));
  }

  private update(at: number, owner: object, past: Past): void {
    const kept = this.slots[at];
    const slot = kept?.owner === owner ? kept : { owner, rows: 0 };
    this.slots[at] = slot;
    this.copyRows(this.keys, past.keys, { at, from: slot.rows, to: past.rows });
    this.copyRows(this.values, past.values, { at, from: slot.rows, to: past.rows });
    slot.rows = past.rows;
  }

  private copyRows(
    planes: readonly Float32Array[],
    source: LayerRows,
    o: { at: number; from: number; to: number },
  ): void {
    const { heads, headDim } = this.shape;
    planes.forEach((plane, layer) => {
      const rows = source[layer];
      if (!rows) return;
      for (let head = 0; head < heads; head++) {
        const start = this.start(o.at, head);
        const row = (index: number) => (head * o.to + index) * headDim;
        plane.set(rows.subarray(row(o.from), row(o.to)), start + o.from * headDim);
        // A newcomer's padding has weight 0, but 0 × NaN is NaN: nothing of whoever was here before stays.
        if (o.from === 0) plane.fill(0, start + o.to * headDim, start + this.capacity * headDim);
      }
    });
  }

  private layOut(capacity: number): void {
    this.capacity = capacity;
    this.slots = this.slots.map(() => null);
    const floats = this.start(this.size, 0);
    if (floats <= (this.keys[0]?.length ?? 0)) return;
    for (const plane of [...this.keys, ...this.values]) freeFloats(plane);
    const planes = () => Array.from({ length: this.shape.layers }, () => new Float32Array(floats));
    this.keys = planes();
    this.values = planes();
  }

  private start(at: number, head: number): number {
    return (at * this.shape.heads + head) * this.capacity * this.shape.headDim;
  }
}
