/** Events pushed from one side and read as an async generator on the other. */
export class EventStream<T> {
  private readonly queue: T[] = [];
  private ended = false;
  private error: unknown = null;
  private wake: () => void = () => undefined;

  push(event: T): void {
    this.queue.push(event);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  fail(error: unknown): void {
    this.error = error;
    this.end();
  }

  /** @param onReturn called where the reader leaves before the end */
  async *read(onReturn: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        const event = this.queue.shift();
        if (event !== undefined) yield event;
        else if (this.ended) break;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
      if (this.error !== null) throw this.error;
    } finally {
      if (!this.ended) onReturn();
    }
  }
}
