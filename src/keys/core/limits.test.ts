import { VisavisError } from '#modules/contracts';
import { NO_LIMITS, Usage, type Limits, type Moment } from './limits.js';

const MIDNIGHT = Date.UTC(2026, 0, 2);
/** The wall clock stands at noon of the day before where the monotonic one is 0. */
const at = (ms: number): Moment => ({ monoMs: ms, wallMs: MIDNIGHT - 43_200_000 + ms });
const limits = (some: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...some });

const refusal = (work: () => unknown): [string, string | null, number | null] | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof VisavisError)) throw error;
    return [error.code, error.param, error.retryAfterS];
  }
};

describe('Usage', () => {
  it('refuses a call more than may be open at once, until one ends', () => {
    const usage = new Usage();
    const two = limits({ concurrentCalls: 2 });
    usage.open(two, at(0));
    usage.open(two, at(0));
    expect(refusal(() => usage.open(two, at(1)))).toEqual(['rate_limit_exceeded', 'concurrent_calls', 5]);
    usage.end(false, at(2));
    expect(refusal(() => usage.open(two, at(3)))).toBeNull();
  });

  it('lets so many sessions be opened in any minute, and says when the next may', () => {
    const usage = new Usage();
    const three = limits({ sessionsPerMinute: 3 });
    for (const ms of [0, 20_000, 30_000]) usage.open(three, at(ms));
    expect(refusal(() => usage.open(three, at(40_500)))).toEqual([
      'rate_limit_exceeded',
      'sessions_per_minute',
      20,
    ]);
    expect(refusal(() => usage.open(three, at(60_000)))).toBeNull();
    expect(refusal(() => usage.open(three, at(60_000)))).toEqual([
      'rate_limit_exceeded',
      'sessions_per_minute',
      20,
    ]);
  });

  it('does not count a refused attempt', () => {
    const usage = new Usage();
    const one = limits({ concurrentCalls: 1, sessionsPerMinute: 2 });
    usage.open(one, at(0));
    for (let n = 0; n < 10; n += 1) expect(refusal(() => usage.open(one, at(1)))).not.toBeNull();
    usage.end(false, at(2));
    expect(refusal(() => usage.open(one, at(3)))).toBeNull();
  });

  it('says nothing of when to come back where nobody may come at all', () => {
    expect(refusal(() => new Usage().open(limits({ sessionsPerMinute: 0 }), at(0)))?.[0]).toBe(
      'rate_limit_exceeded',
    );
    expect(refusal(() => new Usage().open(limits({ minutesPerDay: 0 }), at(0)))?.[0]).toBe(
      'insufficient_quota',
    );
  });

  it('counts the minutes of connected calls, each for itself, and of no others', () => {
    const usage = new Usage();
    const three = limits({ minutesPerDay: 3 });
    for (let n = 0; n < 3; n += 1) usage.open(three, at(0));
    usage.start(at(10_000));
    usage.start(at(40_000));
    expect(usage.over(three, at(114_999))).toBe(false);
    // 10 to 115 s, and 40 to 115 s.
    expect(usage.over(three, at(115_000))).toBe(true);
    expect(refusal(() => usage.open(three, at(115_000)))).toEqual([
      'insufficient_quota',
      'minutes_per_day',
      43_085,
    ]);
  });

  it('stops counting when a call ends', () => {
    const usage = new Usage();
    const one = limits({ minutesPerDay: 1 });
    usage.open(one, at(0));
    usage.start(at(0));
    usage.end(true, at(59_000));
    expect(usage.over(one, at(3_600_000))).toBe(false);
  });

  it('begins anew at midnight of UTC, also for a call that goes on', () => {
    const usage = new Usage();
    const ten = limits({ minutesPerDay: 10 });
    usage.open(ten, at(0));
    usage.start(at(0));
    expect(usage.over(ten, at(600_000))).toBe(true);
    const midnight = 43_200_000;
    expect(usage.over(ten, at(midnight))).toBe(false);
    expect(usage.over(ten, at(midnight + 599_000))).toBe(false);
    expect(usage.over(ten, at(midnight + 600_000))).toBe(true);
  });

  it('measures by the monotonic clock, whatever somebody does to the time', () => {
    const usage = new Usage();
    const one = limits({ minutesPerDay: 1 });
    usage.open(one, at(0));
    usage.start(at(0));
    expect(usage.over(one, { monoMs: 1000, wallMs: at(0).wallMs + 3_600_000 })).toBe(false);
    expect(usage.over(one, { monoMs: 60_000, wallMs: at(0).wallMs })).toBe(true);
  });

  it('is idle when there is nothing to remember', () => {
    const usage = new Usage();
    const some = limits({ sessionsPerMinute: 5 });
    expect(usage.idle(at(0))).toBe(true);
    usage.open(some, at(0));
    usage.end(false, at(1));
    expect(usage.idle(at(2))).toBe(false);
    expect(usage.idle(at(60_000))).toBe(true);
  });
});
