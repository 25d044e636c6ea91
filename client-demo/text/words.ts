import { isKey, isLanguage, TAGS, translate, type Language, type Params } from './language.js';
import type { StringKey } from './strings.js';

/** Where a string goes: the text of an element, or an attribute of it. */
const PLACES = { text: null, label: 'aria-label', hint: 'placeholder', tip: 'title' } as const;
type Place = keyof typeof PLACES;

/**
 * Puts the page's words into it, and anew in another language. An element says by `data-text`, `data-label`, `data-hint` or `data-tip` which
 * string it has, and by `data-params` what is filled in.
 */
export class Words {
  #language: Language;

  constructor(language: Language) {
    this.#language = language;
  }

  get language(): Language {
    return this.#language;
  }

  /** The whole page in this language from now on. */
  speak(language: string): void {
    if (!isLanguage(language)) return;
    this.#language = language;
    document.documentElement.lang = TAGS[language];
    document.title = this.say('page.title');
    for (const place of Object.keys(PLACES) as Place[]) {
      for (const element of document.querySelectorAll<HTMLElement>(`[data-${place}]`))
        this.#write(element, place);
    }
  }

  say(key: StringKey, params: Params = {}): string {
    return translate(this.#language, key, params);
  }

  /** Gives an element its string, now and in languages to come. */
  put<E extends HTMLElement>(element: E, key: StringKey, params: Params = {}, place: Place = 'text'): E {
    element.dataset[place] = key;
    if (Object.keys(params).length > 0) element.dataset['params'] = JSON.stringify(params);
    this.#write(element, place);
    return element;
  }

  #write(element: HTMLElement, place: Place): void {
    const key = element.dataset[place] ?? '';
    if (!isKey(key)) return;
    const text = this.say(key, JSON.parse(element.dataset['params'] ?? '{}') as Params);
    const attribute = PLACES[place];
    if (attribute === null) element.textContent = text;
    else element.setAttribute(attribute, text);
  }
}
