import { percentile, summarize, wilson } from './statistics.js';

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
