/** What somebody else said in writing. */
export interface ReadText {
  readonly from: string;
  readonly text: string;
}

/** Keeps what somebody has read, for who waits for it. */
export class TextLog {
  readonly texts: ReadText[] = [];
  readonly #watching = new Set<() => void>();

  note(text: ReadText): void {
    this.texts.push(text);
    for (const look of this.#watching) look();
  }

  /** The first text that fits, also of those that came before. @throws Error where none comes in time */
  async text(fits: (text: ReadText) => boolean, withinMs: number): Promise<ReadText> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadText>();
    const look = () => {
      const found = this.texts.find(fits);
      if (found) resolve(found);
    };
    const timer = setTimeout(
      () => reject(new Error(`no such text: ${JSON.stringify(this.texts)}`)),
      withinMs,
    );
    this.#watching.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#watching.delete(look);
    }
  }
}
