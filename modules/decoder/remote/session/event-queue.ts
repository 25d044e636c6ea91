/** Events that one side makes and another reads, few at a time: whoever makes them waits while they are not read. */
export class EventQueue<T> {
  private readonly most: number;
  private readonly queue: T[] = [];
  private ended = false;
  /** Its reader is gone. */
  private left = false;
  private error: Error | null = null;
  private wakeReader = (): void => undefined;
  private wakeWriters: (() => void)[] = [];

  constructor(most: number) {
    this.most = most;
  }

  /** Resolves when there is room for more, or nobody will read them. */
  async push(event: T): Promise<void> {
    if (this.ended || this.left) return;
    this.queue.push(event);
    this.wakeReader();
    if (this.queue.length >= this.most) await new Promise<void>((resolve) => this.wakeWriters.push(resolve));
  }

  /** No more events come. Those that are there are still read. @param error what the reader is thrown after them */
  end(error: unknown = null): void {
    if (this.ended) return;
    this.ended = true;
    if (error !== null)
      this.error = error instanceof Error ? error : new Error('the answer failed', { cause: error });
    this.wakeReader();
    this.goOn();
  }

  /** @param onReturn called where the reader leaves before the end */
  async *read(onReturn: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        const event = this.queue.shift();
        if (event !== undefined) {
          if (this.queue.length < this.most) this.goOn();
          yield event;
        } else if (this.ended) break;
        else await new Promise<void>((resolve) => (this.wakeReader = resolve));
      }
      if (this.error !== null) throw this.error;
    } finally {
      this.left = true;
      if (!this.ended) onReturn();
      this.goOn();
    }
  }

  private goOn(): void {
    const writers = this.wakeWriters;
    this.wakeWriters = [];
    for (const wake of writers) wake();
  }
}
