import type { Clock } from '#modules/contracts';

interface Timer {
  readonly atMs: number;
  readonly call: () => void;
}

/** A clock that stands still until it is moved, and the timers on it. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  /** Calls once when the clock reaches `atMs`. @returns cancels it */
  at(atMs: number, call: () => void): () => void {
    const timer = { atMs, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Resolves when the clock reaches `atMs`. */
  until(atMs: number): Promise<void> {
    return new Promise((resolve) => this.at(atMs, resolve));
  }

  /** Moves the clock, and calls what is due on the way, in order. `Infinity`: whatever waits is let go. */
  advance(toMs: number): void {
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= toMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.call();
    }
    if (Number.isFinite(toMs)) this.#nowMs = Math.max(this.#nowMs, toMs);
  }
}
