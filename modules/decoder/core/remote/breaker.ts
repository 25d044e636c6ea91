export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long (ms) it stays open at first; after each trial that fails twice as long, up to `maxOpenMs`. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

export const BREAKER: BreakerOptions = { failures: 3, openMs: 1000, maxOpenMs: 15_000 };

/**
 * Keeps requests away from a server that fails: it opens after some failures in a row, and closes when a trial succeeds. Its owner
 * makes the trials, each after {@link trialInMs}: nobody's question is one.
 */
export class Breaker {
  private readonly options: BreakerOptions;
  private failures = 0;
  private openMs: number | null = null;

  constructor(options: BreakerOptions = BREAKER) {
    this.options = options;
  }

  get isOpen(): boolean {
    return this.openMs !== null;
  }

  /** How long to wait before the next trial; null: it is closed. */
  get trialInMs(): number | null {
    return this.openMs;
  }

  succeeded(): void {
    this.failures = 0;
    this.openMs = null;
  }

  /** @param certain nobody is there: it opens at once. @returns true: it has opened by that */
  failed(certain = false): boolean {
    this.failures += 1;
    if (this.openMs !== null) return false;
    if (!certain && this.failures < this.options.failures) return false;
    this.openMs = this.options.openMs;
    return true;
  }

  trialFailed(): void {
    if (this.openMs !== null) this.openMs = Math.min(this.options.maxOpenMs, this.openMs * 2);
  }
}
