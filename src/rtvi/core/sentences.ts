const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** What ends nowhere is cut all the same: all of it is looked at with every piece that comes. */
const LONGEST_CHARS = 2000;

/** Cuts text that comes in pieces into sentences. All of them joined are the text. */
export class Sentences {
  #rest = '';

  /** @returns the sentences that are whole by now, each with the blanks after it; the last one may go on yet */
  push(text: string): string[] {
    const all = [...SENTENCES.segment(this.#rest + text)].map(({ segment }) => segment);
    const endless = (all.at(-1)?.length ?? 0) > LONGEST_CHARS;
    this.#rest = (endless ? '' : all.pop()) ?? '';
    return all;
  }

  /** @returns what is left, which nothing follows; null: nothing is */
  end(): string | null {
    const rest = this.#rest;
    this.#rest = '';
    return rest.trim() === '' ? null : rest;
  }
}
