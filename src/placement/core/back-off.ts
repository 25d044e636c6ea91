/** The first is started again at once; who ends again and again waits ever longer, up to this (ms). */
const FIRST_MS = 500;
const MOST_MS = 30_000;
/** Who was up for so long (ms) has a clean record. */
const FORGIVEN_MS = 60_000;

/** When a process that has ended is started again. */
export class BackOff {
  #failures = 0;

  /** @param upMs how long it was up; 0: it never came up. @returns how long to wait (ms) */
  next(upMs: number): number {
    if (upMs >= FORGIVEN_MS) this.#failures = 0;
    this.#failures += 1;
    return this.#failures === 1 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (this.#failures - 2));
  }
}
