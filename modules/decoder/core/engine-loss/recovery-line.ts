interface Waiter {
  readonly urgent: () => boolean;
  readonly begin: () => void;
}

/**
 * Rebuilds of sessions, a few at a time: one after the other, most are back sooner than if all went at once. Those for
 * whom somebody waits come first.
 */
export class RecoveryLine {
  private readonly limit: number;
  private readonly waiting: Waiter[] = [];
  private running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @param urgent looked at when the choice is made */
  async run<T>(urgent: () => boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ urgent, begin });
      this.serve();
    });
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.serve();
    }
  }

  private serve(): void {
    while (this.running < this.limit && this.waiting.length > 0) {
      const urgent = this.waiting.findIndex((waiter) => waiter.urgent());
      const [next] = this.waiting.splice(Math.max(0, urgent), 1);
      this.running += 1;
      next?.begin();
    }
  }
}
