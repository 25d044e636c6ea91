/** A sequence that grows: every reader gets all of it from its beginning, as it comes. */
export class Feed<T> {
  readonly #items: T[] = [];
  #end: { readonly error: Error | null } | null = null;
  #wake: () => void = () => undefined;
  #changed = this.#renew();

  push(item: T): void {
    if (this.#end) return;
    this.#items.push(item);
    this.#tell();
  }

  /** Nothing comes after it. Only the first end counts. @param error what readers are thrown, behind the last item */
  end(error: Error | null = null): void {
    if (this.#end) return;
    this.#end = { error };
    this.#tell();
  }

  /**
   * Reads from the beginning to the end.
   * @throws the error that ended it, or the signal's reason
   */
  async *read(signal?: AbortSignal): AsyncGenerator<T, void, void> {
    const aborted = signal && abortOf(signal);
    try {
      for (let at = 0; ;) {
        signal?.throwIfAborted();
        const left = this.#items.length - at;
        for (let n = 0; n < left; n += 1) yield this.#items[at++] as T;
        if (at < this.#items.length) continue;
        if (this.#end?.error) throw this.#end.error;
        if (this.#end) return;
        await (aborted ? Promise.race([this.#changed, aborted.happened]) : this.#changed);
      }
    } finally {
      aborted?.forget();
    }
  }

  #tell(): void {
    const wake = this.#wake;
    this.#changed = this.#renew();
    wake();
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** @returns a promise that resolves at the abort, and what lets go of the signal */
function abortOf(signal: AbortSignal): { readonly happened: Promise<void>; forget(): void } {
  let forget = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    const abort = (): void => resolve();
    signal.addEventListener('abort', abort);
    forget = () => signal.removeEventListener('abort', abort);
  });
  return { happened, forget: () => forget() };
}
