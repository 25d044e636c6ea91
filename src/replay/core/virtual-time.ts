import type { Scheduler } from '#modules/conversation';

interface Entry {
  readonly atMs: number;
  readonly act: () => void | Promise<void>;
}

/**
 * Time that goes on only when it is driven, from one thing that is due to the next. Things are due by their time, then in the order in
 * which they were asked for; between two of them everything that the first led to on this thread is over. What another thread computes
 * is waited for where its answer is due ({@link after}), so the order of all that happens never depends on how fast anything is.
 */
export class VirtualTime implements Scheduler {
  readonly #settle: () => Promise<void>;
  /** By time, then order. */
  readonly #entries: Entry[] = [];
  #nowMs = 0;

  /** @param settle resolves when all that runs on this thread by itself is over */
  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, call: () => void): () => void {
    return this.#enter(atMs, call);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#enter(this.#nowMs + ms, resolve));
  }

  /** What `work` comes to, `delayMs` from now: sooner it is not told, and until it is there time stands still then. */
  after<T>(delayMs: number, work: Promise<T>): Promise<T> {
    const told = Promise.withResolvers<T>();
    this.#enter(this.#nowMs + delayMs, () => work.then(told.resolve, told.reject));
    return told.promise;
  }

  /** Moves on to `toMs`, and does all that is due on the way. */
  async runTo(toMs: number): Promise<void> {
    await this.#settle();
    for (let next = this.#entries[0]; next && next.atMs <= toMs; next = this.#entries[0]) {
      this.#entries.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      await next.act();
      await this.#settle();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  #enter(atMs: number, act: Entry['act']): () => void {
    // What was due in the past is due now, behind what is due now already.
    const entry = { atMs: Math.max(atMs, this.#nowMs), act };
    const behind = this.#entries.findLastIndex((other) => other.atMs <= entry.atMs);
    this.#entries.splice(behind + 1, 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }
}
