import { greedy, makeSampler, probabilityOf, seededRandom } from './sampler.js';

const logits = Float32Array.of(0, 2, 1, 2, -Infinity);

describe('greedy', () => {
  it('takes the first of the most likely', () => {
    expect(greedy(logits)).toBe(1);
  });
});

describe('probabilityOf', () => {
  it('is the share of a token, however large the logits are', () => {
    const total = 1 + 2 * Math.exp(2) + Math.exp(1);
    expect(probabilityOf(logits, 1)).toBeCloseTo(Math.exp(2) / total, 6);
    expect(probabilityOf(Float32Array.of(500, 500), 0)).toBeCloseTo(0.5, 6);
    expect(probabilityOf(logits, 4)).toBe(0);
  });
});

describe('makeSampler', () => {
  it('is greedy at temperature 0', () => {
    expect(makeSampler(0, 1)(logits)).toBe(1);
  });

  it('draws in proportion, and never the impossible', () => {
    const sampler = makeSampler(1, 7);
    const counts = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 20_000; draw++) counts[sampler(logits)]! += 1;
    const total = 1 + 2 * Math.exp(2) + Math.exp(1);
    const expected = [1, Math.exp(2), Math.exp(1), Math.exp(2), 0].map((weight) => weight / total);
    counts.forEach((count, id) => expect(count / 20_000).toBeCloseTo(expected[id] ?? 0, 1.5));
    expect(counts[4]).toBe(0);
  });

  it('draws the same from the same seed', () => {
    const drawn = (seed: number) =>
      Array.from(
        { length: 30 },
        (
          (sampler) => () =>
            sampler(logits)
        )(makeSampler(2, seed)),
      );
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
  });
});

describe('seededRandom', () => {
  it('spreads over 0 to 1', () => {
    const random = seededRandom(1);
    const mean = Array.from({ length: 10_000 }, random).reduce((sum, x) => sum + x, 0) / 10_000;
    expect(mean).toBeCloseTo(0.5, 1.5);
  });
});
