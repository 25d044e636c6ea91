import { Window } from 'happy-dom';

/** A document for React's own renderer, which looks for one as it is loaded: to be imported before it. No browser: nothing is laid out. */
const window = new Window({ url: 'http://localhost/' });
const { document, HTMLIFrameElement, FormData, Event } = window;
Object.assign(globalThis, { window, document, HTMLIFrameElement, FormData, IS_REACT_ACT_ENVIRONMENT: true });

/** An element of the document, by what a test sees of it. */
export interface Seen {
  readonly textContent: string;
  click(): void;
  getAttribute(name: string): string | null;
}

/** What is rendered into, and looked at. */
export class Stage {
  readonly element = document.createElement('div');

  constructor() {
    document.body.append(this.element);
  }

  all(selector: string): Seen[] {
    return [...this.element.querySelectorAll(selector)] as unknown as Seen[];
  }

  /** @throws where there is none */
  one(selector: string): Seen {
    const [first] = this.all(selector);
    if (!first) throw new Error(`There is no ${selector} in ${this.element.innerHTML}`);
    return first;
  }

  button(name: string): Seen {
    const found = this.all('button').find(({ textContent }) => textContent === name);
    if (!found) throw new Error(`There is no button ${name} in ${this.element.innerHTML}`);
    return found;
  }

  /** Fills the form in and sends it. */
  submit(field: string, value: string): void {
    const input = this.element.querySelector(`input[name=${field}]`);
    Object.assign(input ?? {}, { value });
    this.element
      .querySelector('form')
      ?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  }

  choose(label: string, value: string): void {
    const select = this.element.querySelector(`select[aria-label=${label}]`);
    Object.assign(select ?? {}, { value });
    select?.dispatchEvent(new Event('change', { bubbles: true }));
  }
}
