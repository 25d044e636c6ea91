/** What ends a sentence, with the quotes and brackets behind it; in Chinese and Japanese no space follows. */
const END = /[.!?…]+["'”’)\]]*(?=\s)|[。！？]+["'”’」』）]*|\n+/g;
/** After these a full stop ends nothing. */
const ABBREVIATION = /(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|approx)|\b[A-Z]|^\s*\d+)\.$/;
/** Shorter than this (characters) it is spoken together with what follows: a voice stumbles over crumbs. */
const MIN_CHARACTERS = 2;

/** A part of a text that is spoken in one breath. Its text is that of the source from `start` to `end`, nothing left out. */
export interface Sentence {
  readonly text: string;
  /** Characters of the source before it (UTF-16 units, as JavaScript counts). */
  readonly start: number;
  readonly end: number;
}

/** Cuts a text that comes in pieces into sentences, each as soon as it is certain that it is over. */
export class Sentences {
  #text = '';
  #start = 0;

  push(piece: string): Sentence[] {
    this.#text += piece;
    const found: Sentence[] = [];
    END.lastIndex = 0;
    let from = 0;
    for (let match = END.exec(this.#text); match; match = END.exec(this.#text)) {
      const end = match.index + match[0].length;
      const text = this.#text.slice(from, end);
      if (text.trim().length < MIN_CHARACTERS || ABBREVIATION.test(text)) continue;
      found.push(this.#cut(text));
      from = end;
    }
    this.#text = this.#text.slice(from);
    return found;
  }

  /** The text is whole: what is left of it is a sentence too. */
  flush(): Sentence[] {
    const text = this.#text;
    this.#text = '';
    return text.trim() === '' ? [] : [this.#cut(text)];
  }

  #cut(text: string): Sentence {
    const start = this.#start;
    this.#start += text.length;
    return { text, start, end: this.#start };
  }
}
