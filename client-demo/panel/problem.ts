import { CallError } from '@vis-a-vis/client';
import { adviceOf, type Action } from '../core/advice.js';
import { element, make } from '../dom.js';
import type { StringKey } from '../text/strings.js';
import type { Words } from '../text/words.js';

const TITLES: Readonly<Record<Action, StringKey | null>> = {
  retry: 'problem.retry',
  table: 'problem.useTable',
  key: null,
};

/** What is wrong, and what to do: an alert, and buttons for it. */
export class ProblemView {
  readonly #box = element('trouble', HTMLElement);
  readonly #alert = element('problem', HTMLElement);
  readonly #actions = element('problem-actions', HTMLElement);
  readonly #words: Words;
  readonly #act: (action: Action) => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param act does what a button says */
  constructor(words: Words, act: (action: Action) => void) {
    this.#words = words;
    this.#act = act;
  }

  /** @param inCall a call goes on all the same: there is nothing to begin again */
  show(error: unknown, inCall: boolean): void {
    this.clear();
    const { code, message, retryAfterMs } =
      error instanceof CallError ? error : { code: '', message: messageOf(error), retryAfterMs: null };
    const advice = adviceOf({ code, message, retryAfterMs });
    const title = this.#words.put(make('strong'), advice.title);
    const todo = this.#words.put(make('p'), advice.todo, advice.params);
    this.#box.hidden = false;
    this.#box.dataset['code'] = code;
    this.#alert.replaceChildren(title, todo);
    const actions = inCall ? [] : advice.actions;
    this.#actions.replaceChildren(...actions.flatMap((action) => this.#button(action, advice.waitMs)));
    if (inCall) this.#actions.append(this.#dismiss());
    this.#actions.hidden = this.#actions.childElementCount === 0;
    if (actions.includes('key')) this.#act('key');
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#box.hidden = true;
    this.#alert.replaceChildren();
    this.#actions.replaceChildren();
  }

  #button(action: Action, waitMs: number | null): HTMLElement[] {
    const title = TITLES[action];
    if (title === null) return [];
    const button = make('button', '', this.#words.put(make('span'), title));
    button.type = 'button';
    button.addEventListener('click', () => this.#act(action));
    if (action === 'retry' && waitMs !== null) this.#countDown(button, waitMs);
    return [button];
  }

  #dismiss(): HTMLButtonElement {
    const button = this.#words.put(make('button'), 'problem.dismiss');
    button.type = 'button';
    button.addEventListener('click', () => this.clear());
    return button;
  }

  /** For the eye: the alert has said it in words. */
  #countDown(button: HTMLButtonElement, waitMs: number): void {
    const untilMs = performance.now() + waitMs;
    const left = make('span', 'left');
    left.setAttribute('aria-hidden', 'true');
    button.append(' ', left);
    const show = (): void => {
      const s = Math.ceil((untilMs - performance.now()) / 1000);
      if (s > 0) this.#words.put(left, 'problem.retryIn', { s });
      else {
        clearInterval(this.#timer);
        left.remove();
      }
    };
    show();
    this.#timer = setInterval(show, 250);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
