import { auc, percentile, summarize, wilson } from './statistics.js';

describe('percentile', () => {
  it('is the value at the nearest rank', () => {
    const values = [30, 10, 20, 40];
    expect([0, 25, 50, 75, 95, 100].map((percent) => percentile(values, percent))).toEqual([
      10, 10, 20, 30, 40, 40,
    ]);
  });

  it('of nothing is null', () => {
    expect(summarize([])).toEqual({ p50: null, p95: null, max: null });
  });
});

describe('wilson', () => {
  it('gives the interval of the textbook', () => {
    const { low, high } = wilson(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  it('stays inside 0 and 1, and is open where all or none succeed', () => {
    expect(wilson(0, 10).low).toBe(0);
    expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
    expect(wilson(10, 10).high).toBeCloseTo(1, 12);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('auc', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    expect(auc([0.8, 0.9], [0.1, 0.2])).toBe(1);
    expect(auc([0.1, 0.2], [0.8, 0.9])).toBe(0);
    expect(auc([0.5, 0.5], [0.5])).toBe(0.5);
    expect(auc([0.3, 0.9, 0.5], [0.5, 0.1])).toBeCloseTo((1 + 2 + 1.5) / 6, 12);
  });

  it('of one kind alone is unknown', () => expect(auc([1], [])).toBeNull());
});
