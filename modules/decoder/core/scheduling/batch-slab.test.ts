import fc from 'fast-check';
import { BatchSlab, MASKED, type BatchPast, type Past } from './batch-slab.js';
import type { KvShape } from '../context/kv-cache.js';

const SLOTS = 4;

/** A past whose every number tells whose it is, which row, and where in it. */
function pastOf(owner: number, rows: number, shape: KvShape): Past {
  const plane = (salt: number) =>
    Float32Array.from({ length: shape.heads * rows * shape.headDim }, (_, index) => {
      const head = Math.floor(index / (rows * shape.headDim));
      return owner * 1000 + salt * 100 + head * 10_000 + (index % (rows * shape.headDim)) / 4096;
    });
  const planes = (salt: number) => Array.from({ length: shape.layers }, (_, layer) => plane(salt + layer));
  return { keys: planes(1), values: planes(5), rows };
}

function holds(batch: BatchPast, slot: number, past: Past | undefined, shape: KvShape): boolean {
  if (!past) return false;
  const { heads, headDim } = shape;
  const bias = batch.bias.subarray(slot * batch.rows, (slot + 1) * batch.rows);
  const size = past.rows * headDim;
  return (
    bias.every((each, row) => each === (row < past.rows ? 0 : MASKED)) &&
    (['keys', 'values'] as const).every((kind) =>
      past[kind].every((own, layer) =>
        own.every((value, index) => {
          const head = Math.floor(index / size);
          const at = (slot * heads + head) * batch.rows * headDim + (index % size);
          return batch[kind][layer]?.[at] === value;
        }),
      ),
    )
  );
}

describe('BatchSlab', () => {
  it.each([1, 2])(
    'holds in its first slots what its members hold, whoever comes and goes (%i heads)',
    (heads) => {
      const shape = { layers: 2, heads, headDim: 2 };
      const turn = fc.record({
        members: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: SLOTS }),
        grow: fc.nat(150),
        leaves: fc.option(fc.nat(6)),
        shrink: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
          const slab = new BatchSlab(shape, SLOTS);
          const all = Array.from({ length: 7 }, (_, id) => ({ owner: {}, rows: id * 40 }));
          for (const { members, grow, leaves, shrink } of turns) {
            const left = leaves === null ? undefined : all[leaves];
            if (left) {
              slab.leave(left.owner);
              // It may come back another time, with another past.
              all[leaves ?? 0] = { owner: {}, rows: shrink ? 0 : left.rows + 400 };
            }
            const seated = members.flatMap((id) => {
              const one = all[id];
              if (!one) return [];
              one.rows += 1 + (grow % (id + 1));
              return { owner: one.owner, past: pastOf(id, one.rows, shape) };
            });
            const order = slab.arrange(seated);
            expect(order.toSorted((a, b) => a - b)).toEqual(seated.map((_, index) => index));
            const batch = slab.past(seated.length);
            const wrong = order.filter((index, slot) => !holds(batch, slot, seated[index]?.past, shape));
            expect(wrong).toEqual([]);
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  it('keeps nothing of who had a slot before', () => {
    const shape = { layers: 1, heads: 1, headDim: 1 };
    const slab = new BatchSlab(shape, 1);
    const poison = {
      keys: [new Float32Array(50).fill(NaN)],
      values: [new Float32Array(50).fill(NaN)],
      rows: 50,
    };
    slab.arrange([{ owner: {}, past: poison }]);
    slab.arrange([{ owner: {}, past: pastOf(1, 20, shape) }]);
    const { keys, values } = slab.past(1);
    expect([...(keys[0] ?? []), ...(values[0] ?? [])].some(Number.isNaN)).toBe(false);
  });

  it('copies a past once: afterwards only the rows that are new', () => {
    const shape = { layers: 1, heads: 1, headDim: 1 };
    const slab = new BatchSlab(shape, 1);
    const owner = {};
    slab.arrange([{ owner, past: pastOf(1, 20, shape) }]);
    // Rows that were there already are not read again.
    const grown = { keys: [new Float32Array(21).fill(7)], values: [new Float32Array(21).fill(7)], rows: 21 };
    slab.arrange([{ owner, past: grown }]);
    const [keys] = slab.past(1).keys;
    expect(keys?.[20]).toBe(7);
    expect(keys?.[19]).not.toBe(7);
  });
});
