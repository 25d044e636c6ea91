/**
 * Calls `run` at given times of the monotonic clock, without drift: it returns how many ms after its own due time it is to be
 * called again. Where the event loop was late, what is due runs at once, one after the other.
 */
export class Pacer {
  #timer: NodeJS.Timeout | null = null;
  #dueMs: number;
  readonly #run: (dueMs: number) => number;

  constructor(run: (dueMs: number) => number) {
    this.#run = run;
    this.#dueMs = performance.now();
    this.#wait();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, this.#dueMs - performance.now()));
  }

  #wake(): void {
    while (this.#dueMs <= performance.now()) {
      this.#dueMs += this.#run(this.#dueMs);
      if (!this.#timer) return; // stopped by what ran
    }
    this.#wait();
  }
}
