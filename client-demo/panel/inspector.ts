import type { ServerEvent } from '@vis-a-vis/protocol';
import { EventLog, MAX_EVENTS, type LoggedEvent } from '../core/event-log.js';
import { element, make } from '../dom.js';
import type { Words } from '../text/words.js';
import type { StateView } from './state.js';

/** The gateway's events as they come, for developers. Nothing is drawn while it is shut. */
export class Inspector {
  readonly #log = new EventLog();
  readonly #box = element('inspector', HTMLDetailsElement);
  readonly #list = element('events', HTMLElement);
  readonly #filter = element('filter', HTMLInputElement);
  readonly #words: Words;
  #due = false;

  constructor(words: Words, state: StateView) {
    this.#words = words;
    this.#box.addEventListener('toggle', () => this.#draw());
    this.#filter.addEventListener('input', () => this.#draw());
    element('forget', HTMLButtonElement).addEventListener('click', () => {
      this.#log.clear();
      this.#draw();
    });
    element('copy', HTMLButtonElement).addEventListener('click', () => {
      const n = this.#log.matching(this.#filter.value).length;
      navigator.clipboard.writeText(this.#log.toJson(this.#filter.value)).then(
        () => state.announce(words.say('inspect.copied', { n })),
        (error: unknown) => state.announce(String(error)),
      );
    });
  }

  push(event: ServerEvent): void {
    this.#log.push(event, performance.now());
    if (!this.#box.open || this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#due = false;
    if (!this.#box.open) return;
    const events = this.#log.matching(this.#filter.value);
    const shown = new Map<string, Element>();
    for (const item of this.#list.children) shown.set((item as HTMLElement).dataset['number'] ?? '', item);
    // What is there stays as it is: somebody may be reading it.
    this.#list.replaceChildren(...events.map((one) => shown.get(String(one.number)) ?? line(one)));
    const params = { n: events.length, all: this.#log.size, max: MAX_EVENTS };
    this.#words.put(element('counted', HTMLElement), 'inspect.count', params);
  }
}

function line({ number, atMs, event }: LoggedEvent): HTMLLIElement {
  const time = make('span', 'at', (atMs / 1000).toFixed(3));
  const details = make('details', '', make('summary', '', time, event.type));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1)
      details.append(make('pre', '', JSON.stringify(event, null, 2)));
  });
  const item = make('li', '', details);
  item.dataset['number'] = String(number);
  return item;
}
