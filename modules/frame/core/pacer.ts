/** Part of an interval by which a frame may come early or late: key frames that were asked for arrive with jitter. */
const JITTER = 0.1;

/**
 * Lets one frame an interval through. Times are due on a grid, so that jitter around the interval does not drop every
 * other frame; in the long run there are never more than one an interval.
 */
export class FramePacer {
  #intervalMs = 0;
  #jitterMs = 0;
  #lastMs = -Infinity;
  #dueMs = -Infinity;

  constructor(intervalMs: number) {
    this.changeInterval(intervalMs);
  }

  /** Another interval, from the last frame on. */
  changeInterval(intervalMs: number): void {
    this.#dueMs += intervalMs - this.#intervalMs;
    this.#intervalMs = intervalMs;
    this.#jitterMs = intervalMs * JITTER;
  }

  /** @returns whether the frame of this time is due; if so it takes the place. */
  take(ptsMs: number): boolean {
    // A clock that jumped back by more than an interval is a new clock.
    const anew = ptsMs < this.#lastMs - this.#intervalMs;
    if (!anew && ptsMs < this.#dueMs - this.#jitterMs) return false;
    // Within the tolerance the grid stays; after a longer wait it begins anew, and nothing is made up for.
    const onGrid = !anew && ptsMs - this.#dueMs <= this.#jitterMs;
    this.#dueMs = (onGrid ? this.#dueMs : ptsMs) + this.#intervalMs;
    this.#lastMs = ptsMs;
    return true;
  }
}
