import type { Timers } from '../call/edge.js';
import type { Voice } from '../call/options.js';
import { Sentences, type Sentence } from './sentences.js';

/** How far an answer was read aloud. */
export interface Heard {
  readonly itemId: string;
  readonly responseId: string;
  /** What was heard of it. */
  readonly text: string;
  /** Of the answer's text, from its beginning. */
  readonly characters: number;
  /** It was heard to its end. */
  readonly whole: boolean;
}

export interface ReaderListener {
  /** Reading begins, or there is nothing to read any more. */
  reading(reading: boolean): void;
  /** The reading of an answer is over. Where it is not `whole`, the gateway is to be told. */
  heard(heard: Heard): void;
  failed(error: unknown): void;
}

interface Text {
  readonly itemId: string;
  readonly responseId: string;
  readonly sentences: Sentences;
  text: string;
  waiting: Sentence[];
  /** No more text comes. */
  whole: boolean;
  characters: number;
}

/**
 * Reads answers aloud, sentence by sentence, and knows what was heard. Somebody's speech makes it pause; it goes on where that turns
 * out to be noise, and stops where it is a turn.
 */
export class Reader {
  readonly #voice: Voice;
  readonly #told: ReaderListener;
  readonly #timers: Pick<Timers, 'after'>;
  readonly #bargeInMs: number;
  readonly #texts: Text[] = [];
  /** Responses whose rest nobody wants to hear any more. */
  readonly #dropped = new Set<string>();
  #speaking: AbortController | null = null;
  #paused = false;
  #isReading = false;
  #cancelBargeIn: () => void = () => undefined;

  constructor(voice: Voice, bargeInMs: number, timers: Pick<Timers, 'after'>, told: ReaderListener) {
    this.#voice = voice;
    this.#bargeInMs = bargeInMs;
    this.#timers = timers;
    this.#told = told;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** More of an answer has come. */
  push(of: { readonly itemId: string; readonly responseId: string; readonly text: string }): void {
    if (this.#dropped.has(of.responseId)) return;
    let text = this.#texts.at(-1);
    if (text?.itemId !== of.itemId || text.whole) {
      const { itemId, responseId } = of;
      text = {
        itemId,
        responseId,
        sentences: new Sentences(),
        text: '',
        waiting: [],
        whole: false,
        characters: 0,
      };
      this.#texts.push(text);
    }
    text.text += of.text;
    text.waiting.push(...text.sentences.push(of.text));
    this.#go();
  }

  /** An answer is whole. @param cut it was interrupted: nobody wants to hear the rest of it */
  answered(responseId: string, cut: boolean): void {
    this.#dropped.delete(responseId);
    if (cut && this.#texts.some((text) => text.responseId === responseId)) return this.stop();
    for (const text of this.#texts) {
      if (text.responseId !== responseId || text.whole) continue;
      text.waiting.push(...text.sentences.flush());
      text.whole = true;
    }
    this.#go();
  }

  /** Somebody begins to speak. */
  speechStarted(): void {
    if (!this.#isReading) return;
    this.#paused = true;
    this.#speaking?.abort();
    this.#cancelBargeIn();
    this.#cancelBargeIn = this.#timers.after(this.#bargeInMs, () => this.stop());
  }

  /** Somebody has stopped to speak; what it was is told by `spoken` or `dismissed`. */
  speechStopped(): void {
    this.#cancelBargeIn();
  }

  /** What was heard was nobody's turn: it goes on where it was. */
  dismissed(): void {
    this.#cancelBargeIn();
    this.#paused = false;
    this.#go();
  }

  /** Stops at once. What is left of all answers stays unread. */
  stop(): void {
    this.#cancelBargeIn();
    this.#paused = false;
    this.#speaking?.abort();
    for (const text of this.#texts.splice(0)) {
      if (!text.whole) this.#dropped.add(text.responseId);
      this.#over(text, false);
    }
    this.#settle();
  }

  /** Stops at once, and tells nobody: the call is over. */
  close(): void {
    this.#cancelBargeIn();
    this.#paused = false;
    this.#texts.length = 0;
    this.#speaking?.abort();
  }

  #go(): void {
    if (this.#speaking || this.#paused) return;
    const [text] = this.#texts;
    const sentence = text?.waiting.shift();
    if (text && sentence) {
      this.#say(text, sentence).catch((error: unknown) => this.#failed(error));
      return;
    }
    if (text?.whole) {
      this.#texts.shift();
      this.#over(text, true);
      this.#go();
    } else this.#settle();
  }

  async #say(text: Text, sentence: Sentence): Promise<void> {
    const speaking = new AbortController();
    this.#speaking = speaking;
    this.#settle();
    let said = 0;
    const heard = (characters: number): void => {
      if (!speaking.signal.aborted) said = Math.min(sentence.text.length, Math.max(said, characters));
      text.characters = sentence.start + said;
    };
    try {
      await this.#voice.speak({ text: sentence.text, signal: speaking.signal, heard });
      if (!speaking.signal.aborted) heard(sentence.text.length);
      // What was not said of it comes again, should it go on.
      else
        text.waiting.unshift({ ...sentence, text: sentence.text.slice(said), start: sentence.start + said });
    } finally {
      this.#speaking = null;
    }
    this.#go();
  }

  /** A voice that fails takes nothing back: the answer stays as it was said in writing. */
  #failed(error: unknown): void {
    for (const text of this.#texts.splice(0)) if (!text.whole) this.#dropped.add(text.responseId);
    this.#settle();
    this.#told.failed(error);
  }

  #over(text: Text, whole: boolean): void {
    const { itemId, responseId, characters } = text;
    // Whitespace at an end is nothing that anybody could hear.
    const all = whole || text.text.slice(characters).trim() === '';
    const heard = all && text.whole ? text.text.length : characters;
    this.#told.heard({
      itemId,
      responseId,
      text: text.text.slice(0, heard),
      characters: heard,
      whole: all && text.whole,
    });
  }

  #settle(): void {
    const reading = this.#speaking !== null || this.#texts.some(({ waiting }) => waiting.length > 0);
    if (reading === this.#isReading) return;
    this.#isReading = reading;
    this.#told.reading(reading);
  }
}
