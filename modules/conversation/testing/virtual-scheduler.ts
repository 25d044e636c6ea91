import type { Scheduler } from '../core/ports.js';

/** A clock that stands still until a test moves it, and the timers on it. */
export class VirtualScheduler implements Scheduler {
  #nowMs = 0;
  #timers: { atMs: number; call: () => void }[] = [];

  get pending(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, call: () => void): () => void {
    const timer = { atMs, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves the clock to `toMs`, and calls what is due on the way, in order. */
  advance(toMs: number): void {
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= toMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.call();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }
}
