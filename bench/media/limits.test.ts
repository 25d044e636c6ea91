import { callsByCost, failedWithRoom, limitOf, nextCalls, type Measured } from './limits.js';

const fine: Measured = { calls: 20, cpuPct: 40, lostPct: 0, scoredPct: 100, lateP99Ms: 10 };

describe('limitOf', () => {
  it.each([
    [null, {}],
    [null, { scoredPct: null }],
    ['loss', { lostPct: 0.2 }],
    ['vad_lag', { scoredPct: 97 }],
    ['cpu', { cpuPct: 96 }],
    // Nothing is known of who receives.
    ['generator', { lateP99Ms: 101, lostPct: 5 }],
  ] as const)('%s', (limit, over) => {
    expect(limitOf({ ...fine, ...over }, 100)).toBe(limit);
  });
});

test('a failure counts where the core was full, or nearly', () => {
  expect(failedWithRoom({ ...fine, limit: 'loss' })).toBe(true);
  expect(failedWithRoom({ ...fine, cpuPct: 85, limit: 'loss' })).toBe(false);
  expect(failedWithRoom({ ...fine, limit: null })).toBe(false);
});

test('the calls of a full core, by their cost', () => {
  expect(callsByCost(fine)).toBe(47);
});

test('the first guess is careful, the steps from there are small, and always up', () => {
  expect(nextCalls([], 8)).toBe(8);
  expect(nextCalls([{ ...fine, calls: 8, cpuPct: 16 }], 8)).toBe(36);
  expect(nextCalls([fine, fine], 8)).toBe(22);
  expect(nextCalls([{ ...fine, calls: 8, cpuPct: 95 }], 8)).toBe(9);
});
