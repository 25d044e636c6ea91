import { VisavisError } from '#modules/contracts';

/** What one holder of a key may use; Infinity: no limit. */
export interface Limits {
  readonly concurrentCalls: number;
  /** Of calls that are connected, all together, in a day of UTC. */
  readonly minutesPerDay: number;
  /** In any 60 s. */
  readonly sessionsPerMinute: number;
}

export const NO_LIMITS: Limits = {
  concurrentCalls: Infinity,
  minutesPerDay: Infinity,
  sessionsPerMinute: Infinity,
};

/** One instant on two clocks: the monotonic one measures, the wall clock says what day it is (both ms). */
export interface Moment {
  readonly monoMs: number;
  /** Since 1970, UTC. */
  readonly wallMs: number;
}

const DAY_MS = 86_400_000;
const WINDOW_MS = 60_000;
/** When to try again where another call of the same key has to end first (s). */
const RETRY_CALLS_S = 5;

/** What the holder of one key has used. In memory: it begins anew with the process. */
export class Usage {
  #open = 0;
  /** Calls whose minutes run. */
  #running = 0;
  /** When sessions were opened, of the last minute (monotonic). */
  #opened: number[] = [];
  #day = -Infinity;
  #usedMs = 0;
  #settledAtMs = 0;

  /**
   * Counts one more session; its minutes do not run yet.
   * @throws VisavisError `rate_limit_exceeded` or `insufficient_quota`, with the limit as its `param`
   */
  open(limits: Limits, now: Moment): void {
    this.settle(now);
    if (this.overdrawn(limits)) throw outOfMinutes(limits, now);
    if (this.#open >= limits.concurrentCalls)
      throw exceeded(
        'concurrent_calls',
        `Only ${limits.concurrentCalls} calls may be open at once.`,
        RETRY_CALLS_S,
      );
    const recent = this.recent(now);
    if (recent.length >= limits.sessionsPerMinute) {
      // The one whose age decides: after it there is room for one more.
      const first = recent[recent.length - limits.sessionsPerMinute] ?? now.monoMs;
      throw exceeded(
        'sessions_per_minute',
        `Only ${limits.sessionsPerMinute} sessions may be opened in a minute.`,
        (first + WINDOW_MS - now.monoMs) / 1000,
      );
    }
    this.#open += 1;
    if (limits.sessionsPerMinute !== Infinity) recent.push(now.monoMs);
  }

  /** The client of an open session is connected: its minutes run from here. */
  start(now: Moment): void {
    this.settle(now);
    this.#running += 1;
  }

  /** @param started its minutes ran */
  end(started: boolean, now: Moment): void {
    this.settle(now);
    this.#open -= 1;
    if (started) this.#running -= 1;
  }

  /** The day's minutes are used up. */
  over(limits: Limits, now: Moment): boolean {
    this.settle(now);
    return this.overdrawn(limits);
  }

  /** There is nothing to remember any more. */
  idle(now: Moment): boolean {
    this.settle(now);
    return this.#open === 0 && this.#usedMs === 0 && this.recent(now).length === 0;
  }

  private overdrawn({ minutesPerDay }: Limits): boolean {
    return this.#usedMs >= minutesPerDay * 60_000;
  }

  private recent(now: Moment): number[] {
    this.#opened = this.#opened.filter((atMs) => atMs > now.monoMs - WINDOW_MS);
    return this.#opened;
  }

  /** What runs is added up to now. Of a call over midnight, the day that is settled next gets the rest. */
  private settle(now: Moment): void {
    const day = Math.floor(now.wallMs / DAY_MS);
    const passedMs = this.#running * Math.max(0, now.monoMs - this.#settledAtMs);
    this.#settledAtMs = now.monoMs;
    this.#usedMs = day === this.#day ? this.#usedMs + passedMs : 0;
    this.#day = day;
  }
}

/** The error of a call, or of an attempt at one, beyond the day's minutes. */
export function outOfMinutes(limits: Limits, now: Moment): VisavisError {
  const retryAfterS = Math.ceil((DAY_MS - (now.wallMs % DAY_MS)) / 1000);
  return new VisavisError(
    'insufficient_quota',
    `The ${limits.minutesPerDay} minutes of today (UTC) are used up.`,
    'minutes_per_day',
    { retryAfterS },
  );
}

/** @param retryAfterS is rounded up to whole seconds, 1 at the least */
export function exceeded(param: string, message: string, retryAfterS: number): VisavisError {
  return new VisavisError('rate_limit_exceeded', message, param, {
    retryAfterS: Math.max(1, Math.ceil(retryAfterS)),
  });
}
