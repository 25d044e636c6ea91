/** How far ahead of real time audio may come, and how long whoever goes on beyond that is held up; ms. */
export interface PaceLimits {
  readonly aheadMs: number;
  readonly patienceMs: number;
}

/** `wait`: to be asked again after so long, before anything behind it. */
export type PaceVerdict =
  { readonly k: 'take' } | { readonly k: 'wait'; readonly ms: number } | { readonly k: 'refuse' };

/**
 * What becomes of audio that a client appends faster than it is spoken. Up to a bound it is taken at once. Beyond it the client
 * is held up, which is back-pressure where its transport has one. Whoever has been held up for long, or sends a piece that
 * could not be taken in that time, is refused, until as much time has gone by.
 */
export class AppendPace {
  readonly #limits: PaceLimits;
  /** Gateway clock minus the time of the audio taken, at the latest moment: what a microphone that never paused would have. */
  #originMs: number | null = null;
  #takenMs = 0;
  #heldUpSinceMs: number | null = null;
  #refusing = false;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** @param durationMs of the next piece; it counts as taken where the verdict says so */
  ask(durationMs: number, atMs: number): PaceVerdict {
    const { aheadMs, patienceMs } = this.#limits;
    // A microphone that paused has no credit from that.
    this.#originMs = Math.max(this.#originMs ?? atMs, atMs - this.#takenMs);
    const excessMs = this.#originMs + this.#takenMs + durationMs - aheadMs - atMs;
    if (this.#refusing && excessMs > -patienceMs) return { k: 'refuse' };
    this.#refusing = false;
    if (excessMs <= -patienceMs / 2) this.#heldUpSinceMs = null;
    if (excessMs <= 0) {
      this.#takenMs += durationMs;
      return { k: 'take' };
    }
    this.#heldUpSinceMs ??= atMs;
    if (excessMs <= patienceMs && atMs - this.#heldUpSinceMs < patienceMs) return { k: 'wait', ms: excessMs };
    this.#heldUpSinceMs = null;
    // A piece that is too long by itself says nothing about the next.
    this.#refusing = excessMs <= patienceMs;
    return { k: 'refuse' };
  }
}
