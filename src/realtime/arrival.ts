/** Things that wait for a call's conversation: five seconds of audio. */
const MAX_WAITING = 256;

/** What comes from a client between the moment it is connected and the one when its conversation is there. Kept in order. */
export class Arrival {
  #waiting: (() => void)[] | null = [];
  readonly #begun = Promise.withResolvers<void>();

  /** The conversation is there, or there will be none. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** @param onFull called instead of `work` where too much waits already */
  run(work: () => void, onFull: () => void): void {
    if (!this.#waiting) work();
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(work);
    else onFull();
  }

  /** Idempotent. */
  begin(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const work of waiting) work();
    this.#begun.resolve();
  }
}
