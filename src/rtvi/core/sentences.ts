/** Where a sentence ends: at a mark with a blank after it, or at one of a script that writes none; and at the end of a line. */
const END = /[.!?…]+["'”’)\]]*\s+|[。！？｡]+["'”’」』）]*\s*|\n+/g;

/** Cuts text that comes in pieces into sentences. All of them joined are the text. */
export class Sentences {
  #rest = '';

  /** @returns the sentences that are whole by now, each with the blanks after it */
  push(text: string): string[] {
    this.#rest += text;
    const whole: string[] = [];
    let from = 0;
    for (const { index, 0: mark } of this.#rest.matchAll(END)) {
      // What is not the last yet may go on: "…?" and then "!" or a quotation mark.
      if (index + mark.length === this.#rest.length) break;
      whole.push(this.#rest.slice(from, index + mark.length));
      from = index + mark.length;
    }
    this.#rest = this.#rest.slice(from);
    return whole;
  }

  /** @returns what is left, which nothing follows; null: nothing is */
  end(): string | null {
    const rest = this.#rest;
    this.#rest = '';
    return rest.trim() === '' ? null : rest;
  }
}
