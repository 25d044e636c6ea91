import type { Timers } from '../call/edge.js';

/** Time that goes on when a test says so. */
export class ManualClock implements Timers {
  readonly #due: { readonly atMs: number; readonly run: () => void }[] = [];
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  /** Always the middle: what is random in a call is none in a test. */
  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#due.push(timer);
    return () => {
      const at = this.#due.indexOf(timer);
      if (at >= 0) this.#due.splice(at, 1);
    };
  }

  /** Lets time go on; what falls due is done in its order, and what follows from it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const [next] = this.#due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Microtasks that a chain of promises in a call takes at the most; each costs nothing. */
const DEEPEST = 200;

/** Resolves a little later, but long before `settle`. */
export async function soon(): Promise<void> {
  for (let n = 0; n < DEEPEST / 10; n += 1) await Promise.resolve();
}

/** Resolves when everything that follows from what was done has been done. */
export async function settle(): Promise<void> {
  for (let n = 0; n < DEEPEST; n += 1) await Promise.resolve();
}
