import { Random } from './random.js';
import { median, slopePerMinute, type Sample } from './regression.js';

const minutes = (count: number, value: (minute: number) => number): Sample[] =>
  Array.from({ length: count * 12 }, (_, i) => ({ atMs: i * 5000, value: value(i / 12) }));

describe('slopePerMinute', () => {
  it('is that of a line', () =>
    expect(slopePerMinute(minutes(20, (m) => 300 + 0.7 * m))).toBeCloseTo(0.7, 6));

  it('is not moved by bursts, which least squares would be', () => {
    const bursts = minutes(20, (m) => 300 + (m > 17 && m < 19 ? 80 : 0));
    expect(Math.abs(slopePerMinute(bursts) ?? NaN)).toBeLessThan(0.01);
  });

  it('is found beneath noise', () => {
    const random = new Random(5);
    const noisy = minutes(25, (m) => 300 + 1.5 * m + random.between(-10, 10));
    expect(slopePerMinute(noisy)).toBeCloseTo(1.5, 0);
  });

  it('of ten hours takes no longer than of one', () => {
    const long = minutes(600, (m) => 300 + 0.2 * m);
    const startedAt = performance.now();
    expect(slopePerMinute(long)).toBeCloseTo(0.2, 3);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('of one moment is none', () => {
    expect(slopePerMinute([])).toBeNull();
    expect(slopePerMinute([{ atMs: 0, value: 1 }])).toBeNull();
    expect(
      slopePerMinute([
        { atMs: 0, value: 1 },
        { atMs: 0, value: 2 },
      ]),
    ).toBeNull();
  });
});

describe('median', () => {
  it('lies in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNull();
  });
});
