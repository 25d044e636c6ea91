/** Least delays are taken over two spans of this length (ms), so that the clock skew of a long call is followed. */
const WINDOW_MS = 5000;
/** A delay that grows by more than this (ms) is no jitter, where it stays. */
const RISE_MS = 100;
/** So long (ms), and in so many arrivals, every delay must have been greater for the least delay to have grown. */
const RISE_PROVEN_MS = 500;
const RISE_ARRIVALS = 5;

/**
 * The least delay of late: what a packet took that waited nowhere. It falls at once, for nothing comes too early. It grows
 * with the least delays of the last seconds; and within half a second where nothing came for as long as the delay has grown
 * by, and nothing after that came sooner: then the sender's clock stood still meanwhile. (After a stall of the network
 * the last packets of the burst are as early as ever.)
 */
export class DelayFloor {
  #floor: number | null = null;
  #windowLeast = Infinity;
  #previousLeast = Infinity;
  #windowStartMs = 0;
  #arrivedAtMs = 0;
  #rise: { sinceMs: number; least: number; arrivals: number; gapMs: number } | null = null;

  /** ms; null before the first arrival. */
  get ms(): number | null {
    return this.#floor;
  }

  /** @param delayMs arrival minus the time that the packet stands for, ms */
  observe(delayMs: number, arrivedAtMs: number): void {
    const gapMs = arrivedAtMs - this.#arrivedAtMs;
    this.#arrivedAtMs = arrivedAtMs;
    if (this.#floor === null || delayMs <= this.#floor) return this.#restart(delayMs, arrivedAtMs);
    if (this.#hasRisen(delayMs, arrivedAtMs, gapMs)) return;
    if (arrivedAtMs - this.#windowStartMs > WINDOW_MS) {
      this.#previousLeast = this.#windowLeast;
      this.#windowLeast = delayMs;
      this.#windowStartMs = arrivedAtMs;
    }
    this.#windowLeast = Math.min(this.#windowLeast, delayMs);
    this.#floor = Math.min(this.#windowLeast, this.#previousLeast);
  }

  /** The times that packets stand for were moved: all delays are greater by so much (ms). */
  shift(ms: number): void {
    if (this.#floor === null || ms === 0) return;
    this.#floor += ms;
    this.#windowLeast += ms;
    this.#previousLeast += ms;
    if (this.#rise) this.#rise.least += ms;
  }

  #restart(delayMs: number, arrivedAtMs: number): void {
    this.#floor = delayMs;
    this.#windowLeast = delayMs;
    this.#previousLeast = Infinity;
    this.#windowStartMs = arrivedAtMs;
    this.#rise = null;
  }

  #hasRisen(delayMs: number, arrivedAtMs: number, gapMs: number): boolean {
    const grownMs = delayMs - (this.#floor ?? 0);
    if (grownMs <= RISE_MS) {
      this.#rise = null;
      return false;
    }
    this.#rise ??= { sinceMs: arrivedAtMs, least: delayMs, arrivals: 0, gapMs };
    const rise = this.#rise;
    rise.least = Math.min(rise.least, delayMs);
    rise.arrivals += 1;
    const proven = arrivedAtMs - rise.sinceMs >= RISE_PROVEN_MS && rise.arrivals >= RISE_ARRIVALS;
    if (!proven || rise.gapMs < rise.least - (this.#floor ?? 0)) return false;
    this.#restart(rise.least, arrivedAtMs);
    return true;
  }
}
