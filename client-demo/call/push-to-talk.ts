import type { Call } from '@vis-a-vis/client';
import { element } from '../dom.js';
import type { Words } from '../text/words.js';

/** The last word is still on its way when the button is let go (ms). */
const LINGER_MS = 300;

/** A button that is held while one speaks: by pointer, or by Space or Enter. */
export class PushToTalk {
  readonly #button = element('hold', HTMLButtonElement);
  readonly #words: Words;
  readonly #call: () => Call | null;
  readonly #told: (held: boolean) => void;
  #held = false;

  /** @param told it is held, or has been let go */
  constructor(words: Words, call: () => Call | null, told: (held: boolean) => void) {
    this.#words = words;
    this.#call = call;
    this.#told = told;
    const button = this.#button;
    button.addEventListener('pointerdown', (event) => {
      button.setPointerCapture(event.pointerId);
      this.press();
    });
    for (const type of ['pointerup', 'pointercancel', 'blur'])
      button.addEventListener(type, () => void this.release());
    button.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      if (!event.repeat) this.press();
    });
    button.addEventListener('keyup', (event) => {
      if (event.key === ' ' || event.key === 'Enter') void this.release();
    });
    button.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  get held(): boolean {
    return this.#held;
  }

  /** From now on what is said counts. */
  press(): void {
    const call = this.#call();
    if (this.#held || !call) return;
    this.#held = true;
    call.interrupt();
    // What came before is no part of it.
    call.send({ type: 'input_audio_buffer.clear' });
    call.mute(false);
    this.#show();
  }

  /** What has been said is to be answered. */
  async release(): Promise<void> {
    if (!this.#held) return;
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    const call = this.#call();
    this.#held = false;
    this.#show();
    if (!call || call.state === 'closed') return;
    call.mute(true);
    call.send({ type: 'input_audio_buffer.commit' });
    call.send({ type: 'response.create' });
  }

  #show(): void {
    this.#button.setAttribute('aria-pressed', String(this.#held));
    this.#words.put(this.#button, this.#held ? 'talk.holding' : 'talk.hold');
    this.#told(this.#held);
  }
}
