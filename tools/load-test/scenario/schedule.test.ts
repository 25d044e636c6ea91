import { arrivals } from './schedule.js';

describe('arrivals', () => {
  it('come evenly', () => {
    expect(arrivals({ kind: 'steady', callsPerMinute: 30 }, 10_000)).toEqual([0, 2000, 4000, 6000, 8000]);
  });

  it('come at once, again and again', () => {
    const times = arrivals({ kind: 'burst', calls: 3, everyS: 5 }, 10_000);
    expect(times).toEqual([0, 0, 0, 5000, 5000, 5000]);
  });

  it.each([
    [0, 60],
    [60, 0.001],
    [20, 40],
  ])(
    'of a ramp from %d to %d calls a minute are as many as its area, and as dense as its height',
    (from, to) => {
      const times = arrivals({ kind: 'ramp', fromPerMinute: from, toPerMinute: to }, 120_000);
      expect(times).toHaveLength(Math.floor(from + to + 0.5));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      // Within the first half of the time the rate goes from one end to the middle.
      const half = times.filter((ms) => ms < 60_000).length;
      expect(Math.abs(half - (from + (from + to) / 2) / 2)).toBeLessThanOrEqual(1);
      expect(Math.max(...times)).toBeLessThan(120_000);
    },
  );
});
