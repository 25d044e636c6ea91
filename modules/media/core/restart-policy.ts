/** Waits (ms) before a new attempt, after starts that failed one after the other; after one more, no more are made. */
const START_WAITS_MS = [100, 500, 2000, 5000, 10_000] as const;
/** Ends within this time count as a series. */
const SERIES_MS = 60_000;
/** Ends of a series that cost no wait: an accident, and another one. */
const FREE_ENDS = 2;
const MAX_WAIT_MS = 5000;

/**
 * When a process that ended is started again. One that came up and ended later is always started again, ever more slowly
 * where it ends often: strangers' input must not be able to talk us out of it. One that does not even come up several times
 * in a row is lost for good: there is nothing to wait for.
 */
export class RestartPolicy {
  #failedStarts = 0;
  readonly #ends: number[] = [];

  /** It has come up. */
  onReady(): void {
    this.#failedStarts = 0;
  }

  /**
   * It has ended.
   * @param wasReady false: before it came up
   * @returns how long to wait before the next start (ms), or null where it is not to be started again
   */
  onEnd(wasReady: boolean, atMs: number): number | null {
    if (!wasReady) {
      this.#failedStarts += 1;
      return START_WAITS_MS[this.#failedStarts - 1] ?? null;
    }
    this.#ends.push(atMs);
    while ((this.#ends[0] ?? atMs) < atMs - SERIES_MS) this.#ends.shift();
    const extra = this.#ends.length - FREE_ENDS;
    return extra <= 0 ? 0 : Math.min(MAX_WAIT_MS, 100 * 2 ** (extra - 1));
  }
}
