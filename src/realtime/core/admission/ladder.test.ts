import fc from 'fast-check';
import { Ladder, type Rung, type Step } from './ladder.js';

const RUNGS: readonly Rung[] = ['full', 'frame_rate', 'window', 'refuse'];
const ladder = () => new Ladder({ rungs: RUNGS, holdMs: 2000, recoverMs: 10_000 });

/** Measures once a second. @returns the steps, each with its second */
function run(one: Ladder, uses: readonly number[], from = 0): [number, Step][] {
  return uses.flatMap((use, index): [number, Step][] => {
    const step = one.measure({ engine_time: use }, (from + index) * 1000);
    return step ? [[from + index, step]] : [];
  });
}
const times = (count: number, use: number) => Array.from({ length: count }, () => use);

describe('Ladder', () => {
  test('goes up a step where a budget has been used up for a while, and no further than to refuse', () => {
    const one = ladder();
    expect(run(one, times(12, 1))).toEqual([
      [2, { rung: 'frame_rate', reason: 'engine_time' }],
      [4, { rung: 'window', reason: 'engine_time' }],
      [6, { rung: 'refuse', reason: 'engine_time' }],
    ]);
    expect(one.index).toBe(3);
  });

  test('does nothing about what lasts a moment only', () => {
    expect(run(ladder(), [1, 1, 0.9, 1, 1, 0.5, 2, 2])).toEqual([]);
  });

  test('comes down a step at a time, once all has been calm for long', () => {
    const one = ladder();
    run(one, times(6, 1.5));
    expect(one.rung).toBe('window');
    expect(run(one, times(25, 0.3), 6)).toEqual([
      [16, { rung: 'frame_rate', reason: 'engine_time' }],
      [26, { rung: 'full', reason: null }],
    ]);
    expect([one.index, one.reason]).toEqual([0, null]);
  });

  test('stays where it is between used up and calm', () => {
    const one = ladder();
    run(one, times(3, 1));
    expect(run(one, times(60, 0.8), 3)).toEqual([]);
    // Calm counts anew from the last time that it was not.
    expect(run(one, [...times(9, 0.1), 0.8, ...times(11, 0.1)], 63)).toEqual([
      [83, { rung: 'full', reason: null }],
    ]);
  });

  test('names the budget that is used most', () => {
    const one = ladder();
    one.measure({ engine_time: 1, memory: 1.2 }, 0);
    expect(one.measure({ engine_time: 1, memory: 1.2 }, 2000)).toEqual({
      rung: 'frame_rate',
      reason: 'memory',
    });
    // Memory is calm where an engine would not be.
    expect(one.measure({ memory: 0.9 }, 3000)).toBeNull();
    expect(one.measure({ memory: 0.9 }, 13_000)).toEqual({ rung: 'full', reason: null });
  });

  test('says when it may be better', () => {
    const one = ladder();
    run(one, times(7, 1));
    expect(one.retryAfterS(7000)).toBe(10);
    one.measure({}, 8000);
    expect(one.retryAfterS(12_500)).toBe(6);
    expect(one.retryAfterS(99_000)).toBe(1);
  });

  test('never takes two steps within the time that one takes', () => {
    const uses = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(uses, (seen) => {
        const steps = run(ladder(), seen);
        for (const [index, [at]] of steps.entries()) {
          const before = steps[index - 1];
          expect(at - (before?.[0] ?? -Infinity)).toBeGreaterThanOrEqual(2);
        }
      }),
    );
  });
});
