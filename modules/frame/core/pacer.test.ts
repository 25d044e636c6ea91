import fc from 'fast-check';
import { FramePacer } from './pacer.js';

const taken = (times: number[], intervalMs = 1000) => {
  const pacer = new FramePacer(intervalMs);
  return times.filter((ms) => pacer.take(ms));
};

describe('FramePacer', () => {
  it('takes the first frame, and then one an interval', () => {
    const times = Array.from({ length: 91 }, (_, i) => 500 + i * 33.3);
    expect(taken(times).map(Math.round)).toEqual([500, 1432, 2431, 3430]);
  });

  it('takes every frame of a source that jitters around the interval', () => {
    const times = [0, 930, 2080, 2950, 4010, 4920];
    expect(taken(times)).toEqual(times);
  });

  it('does not make up for a gap', () => {
    expect(taken([0, 5000, 5400, 5800, 5890, 6000])).toEqual([0, 5000, 6000]);
  });

  it('goes on after a clock that jumped back', () => {
    expect(taken([10_000, 9500, 0, 500, 1000])).toEqual([10_000, 0, 1000]);
  });

  it('takes another interval from the last frame on', () => {
    const pacer = new FramePacer(1000);
    const take = (...times: number[]) => times.filter((ms) => pacer.take(ms));
    expect(take(0, 1000)).toEqual([0, 1000]);
    pacer.changeInterval(2000);
    expect(take(2000, 2900, 3100, 4000, 5000)).toEqual([2900, 5000]);
    pacer.changeInterval(1000);
    expect(take(5500, 6000, 7000)).toEqual([6000, 7000]);
  });

  it('never takes more than one an interval in the long run', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 300 }), (steps) => {
        let now = 0;
        const times = taken(steps.map((step) => (now += step)));
        const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
        expect(times.length).toBeLessThanOrEqual(spanMs / 1000 + 1.1 + 1e-9);
      }),
    );
  });
});
