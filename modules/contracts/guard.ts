/**
 * Told of what a callback threw that no code foresaw. It must not throw.
 * @param where what ran: `media.audio`, `outbox.flush`. It becomes the label of a metric, so it is never made from input.
 */
export type OnBug = (where: string, error: unknown) => void;

/** Injection token of an `OnBug` for the parts of the process that belong to no call; an application binds it. */
export const ON_BUG = Symbol('ON_BUG');

/**
 * What stands between somebody else's event loop and our code: libraries, timers, workers and sockets call us through it,
 * and what our code throws then is told to whom it belongs to (a call, or a part of the process), and to nobody else.
 */
export class Guard {
  readonly #onBug: OnBug;
  readonly #within: (work: () => unknown) => unknown;

  /** @param within runs all guarded work, for instance inside an async context; it must return what the work returns */
  constructor(onBug: OnBug, within: (work: () => unknown) => unknown = (work) => work()) {
    this.#onBug = onBug;
    this.#within = within;
  }

  /** Runs `work` now. A promise that it returns is watched: nobody needs to await it. Throws nothing. */
  run(where: string, work: () => unknown): void {
    try {
      const result = this.#within(work);
      if (result instanceof Promise) this.watch(where, result);
    } catch (error) {
      this.#onBug(where, error);
    }
  }

  /** `callback`, guarded: to be handed to whom calls it. */
  wrap<A extends unknown[]>(where: string, callback: (...args: A) => unknown): (...args: A) => void {
    return (...args) => this.run(where, () => callback(...args));
  }

  /** Takes the place of an `await` where nobody can wait. */
  watch(where: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => this.#onBug(where, error));
  }
}
