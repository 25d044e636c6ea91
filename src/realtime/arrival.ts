/** Things that wait for a call's conversation: five seconds of audio, or the first words of an eager client. */
const MAX_WAITING = 256;

/** What comes from a client between the moment it is connected and the one when its conversation is there. Kept in order. */
export class Arrival {
  #waiting: (() => void)[] | null = [];
  #greeted: (() => void) | null = null;
  /** The data channel is open, and the call knows. */
  readonly greeted = new Promise<void>((resolve) => {
    this.#greeted = resolve;
  });

  /** @param onFull called instead of `work` where too much waits already */
  run(work: () => void, onFull: () => void): void {
    if (!this.#waiting) work();
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(work);
    else onFull();
  }

  greet(): void {
    this.#greeted?.();
  }

  /** The conversation is there. */
  begin(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const work of waiting) work();
  }
}
