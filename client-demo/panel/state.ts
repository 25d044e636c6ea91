import type { State } from '../call/shown.js';
import { element } from '../dom.js';
import type { Words } from '../text/words.js';

/** What the call is doing, and what can be done meanwhile. */
export class StateView {
  readonly #words: Words;
  #state: State = 'idle';

  constructor(words: Words) {
    this.#words = words;
  }

  get now(): State {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#state !== 'idle' && this.#state !== 'connecting';
  }

  show(state: State): void {
    this.#state = state;
    document.body.dataset['state'] = state;
    element('state', HTMLElement).dataset['state'] = state;
    this.#words.put(element('state-text', HTMLElement), `state.${state}`);
    const start = element('start', HTMLButtonElement);
    start.disabled = state === 'connecting';
    element('hangup', HTMLButtonElement).hidden = state === 'idle';
    element('quality', HTMLElement).hidden = !this.isConnected;
    for (const id of ['question', 'send', 'cancel']) {
      element(id, HTMLElement).toggleAttribute('disabled', !this.isConnected);
    }
  }

  /** Says something to whoever listens to a screen reader: once, and not what changes all the time. */
  announce(text: string): void {
    element('announce', HTMLElement).textContent = text;
  }
}
