import { element, make } from '../dom.js';
import { QUESTIONS, type Question } from '../questions.js';
import type { ClipPlayer } from '../stage/clip-player.js';

interface Around {
  /** Says them; null: there is no call, or another microphone. */
  readonly clips: () => ClipPlayer | null;
  /** Around each of them: a button may have to be held. */
  readonly press: () => void;
  readonly release: () => Promise<void>;
  readonly complain: (error: unknown) => void;
}

/** The built-in questions: each is a button, and is spoken into the call. */
export class SpokenQuestions {
  readonly #around: Around;
  readonly #buttons: readonly HTMLButtonElement[];
  #busy = false;
  #said: string | null = null;
  #connected = false;

  constructor(around: Around) {
    this.#around = around;
    this.#buttons = QUESTIONS.map((question) => {
      const button = make('button', '', question.text);
      button.type = 'button';
      // They are spoken in English, whatever the page speaks.
      button.lang = 'en';
      button.addEventListener('click', () => {
        this.#say(question).catch(around.complain);
      });
      return button;
    });
    element('questions', HTMLElement).append(...this.#buttons);
    this.enable(false);
  }

  /** What was said last: with this microphone, it is what is heard. */
  get said(): string | null {
    return this.#said;
  }

  /** One at a time can be said, in a call. */
  enable(connected: boolean): void {
    this.#connected = connected;
    for (const button of this.#buttons) button.disabled = !connected || this.#busy;
  }

  async #say(question: Question): Promise<void> {
    const clips = this.#around.clips();
    if (!clips || this.#busy) return;
    this.#busy = true;
    this.#said = question.text;
    this.enable(this.#connected);
    this.#around.press();
    try {
      await clips.play(question);
      await this.#around.release();
    } finally {
      this.#busy = false;
      this.enable(this.#connected);
    }
  }
}
