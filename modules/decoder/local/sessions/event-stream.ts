/** Events pushed from one side and read as an async generator on the other. */
export class EventStream<T> {
  private readonly queue: T[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  push(event: T): void {
    this.queue.push(event);
    this.wake();
  }

  /**
   * The events, until `finished` settles; its rejection is thrown after the last of them.
   * @param onReturn called where the reader leaves before that
   */
  readUntil(finished: Promise<unknown>, onReturn: () => void): AsyncGenerator<T> {
    const end = () => {
      this.ended = true;
      this.wake();
    };
    finished.then(end, end);
    return this.read(finished, onReturn);
  }

  private async *read(finished: Promise<unknown>, onReturn: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        const event = this.queue.shift();
        if (event !== undefined) yield event;
        else if (this.ended) break;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
      await finished;
    } finally {
      if (!this.ended) onReturn();
    }
  }
}
