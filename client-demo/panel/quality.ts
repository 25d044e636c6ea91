import type { Quality } from '@vis-a-vis/client';
import { element } from '../dom.js';
import type { Words } from '../text/words.js';

/** How good the connection is. */
export class QualityView {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  show({ level, rttMs, loss }: Quality): void {
    const view = element('quality', HTMLElement);
    view.dataset['level'] = level;
    this.#words.put(element('quality-text', HTMLElement), `quality.${level}`);
    const said = [
      rttMs === null ? null : this.#words.say('quality.rtt', { ms: Math.round(rttMs) }),
      loss === null ? null : this.#words.say('quality.loss', { percent: Math.round(loss * 1000) / 10 }),
    ];
    view.title = said.filter((part) => part !== null).join(' · ');
  }

  forget(): void {
    element('quality', HTMLElement).dataset['level'] = 'unknown';
    this.#words.put(element('quality-text', HTMLElement), 'quality.unknown');
  }
}
