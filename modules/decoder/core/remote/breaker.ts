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
 * makes the trials, each after {@link trialInMs}: nobody's question is one. After a trial the next failure opens it at once, for longer.
 */
export class Breaker {
  private readonly options: BreakerOptions;
  private failures = 0;
  private state: 'closed' | 'open' | 'probation' = 'closed';
  private openMs: number;

  constructor(options: BreakerOptions = BREAKER) {
    this.options = options;
    this.openMs = options.openMs;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** How long to wait before the next trial; null: it is closed. */
  get trialInMs(): number | null {
    return this.isOpen ? this.openMs : null;
  }

  succeeded(): void {
    this.failures = 0;
    this.state = 'closed';
    this.openMs = this.options.openMs;
  }

  /** @param certain nobody is there, or nobody who answers: it opens at once. @returns true: it has opened by that */
  failed(certain = false): boolean {
    this.failures += 1;
    if (this.isOpen) return false;
    const wasOnProbation = this.state === 'probation';
    if (!certain && !wasOnProbation && this.failures < this.options.failures) return false;
    if (wasOnProbation) this.lengthen();
    this.state = 'open';
    return true;
  }

  trialSucceeded(): void {
    if (this.isOpen) this.state = 'probation';
  }

  trialFailed(): void {
    this.lengthen();
  }

  private lengthen(): void {
    this.openMs = Math.min(this.options.maxOpenMs, this.openMs * 2);
  }
}
