import type { Answer, Delta } from '@vis-a-vis/client';
import type { TurnTimingEvent } from '@vis-a-vis/protocol';
import { element, make } from '../dom.js';
import type { StringKey } from '../text/strings.js';
import type { Words } from '../text/words.js';

/** So close to its end (px), the list is being followed. */
const NEAR_PX = 40;

interface Shown {
  readonly item: HTMLLIElement;
  readonly text: HTMLElement;
}

/** Questions and answers, newest last; an answer grows as its tokens arrive. */
export class Conversation {
  readonly #list = element('conversation', HTMLElement);
  readonly #words: Words;
  readonly #select: (responseId: string) => void;
  readonly #answers = new Map<string, Shown>();
  readonly #questions = new Map<string, Shown>();

  /** @param select is told which answer somebody wants to look into */
  constructor(words: Words, select: (responseId: string) => void) {
    this.#words = words;
    this.#select = select;
  }

  get isEmpty(): boolean {
    return this.#list.childElementCount === 0;
  }

  typed(text: string): void {
    this.#question('asked', 'talk.wasTyped').text.textContent = text;
  }

  /** @param text what is being said, where the page knows it */
  spoken(itemId: string, text: string | null): void {
    if (this.#questions.has(itemId)) return;
    const shown = this.#question('asked spoken', 'talk.wasSpoken');
    if (text === null) this.#words.put(shown.text, 'talk.unwritten');
    else shown.text.textContent = text;
    this.#questions.set(itemId, shown);
  }

  /** What was said has been written down. */
  transcribed(itemId: string, text: string): void {
    const shown = this.#questions.get(itemId);
    if (!shown || text.trim() === '' || shown.text.dataset['text'] !== ('talk.unwritten' satisfies StringKey))
      return;
    delete shown.text.dataset['text'];
    shown.text.textContent = text;
  }

  /** What was heard last was nothing that is answered. */
  dismissed(): void {
    const last = [...this.#questions.values()].at(-1);
    if (!last || last.item !== this.#list.lastElementChild) return;
    last.item.classList.add('dismissed');
    this.#words.put(last.item.querySelector<HTMLElement>('.kind') ?? last.text, 'talk.dismissed');
  }

  delta(delta: Delta): void {
    const { text } = this.#answer(delta.responseId);
    this.#following(() => text.append(delta.text));
  }

  /** The answer is whole. One that was cancelled before its first token leaves nothing. */
  done(answer: Answer): void {
    if (answer.status === 'cancelled' && !this.#answers.has(answer.responseId)) return;
    const { item, text } = this.#answer(answer.responseId);
    this.#following(() => {
      text.textContent = answer.status === 'completed' ? answer.text : `${answer.text}…`;
      item.classList.remove('streaming');
      item.dataset['status'] = answer.status;
      if (answer.status === 'completed') return;
      const why = make('span', 'kind');
      item.append(this.#words.put(why, answer.status === 'failed' ? 'talk.failed' : 'talk.cut'));
    });
  }

  /** Its figures, which are a button: what the answer saw, and its time. */
  timing(timing: TurnTimingEvent): void {
    const found = this.#answers.get(timing.response_id);
    if (!found) return;
    const {
      speech_end_to_first_token_ms: speech,
      commit_to_first_token_ms: commit,
      frames_attended: n,
    } = timing;
    const params = {
      speech: `${Math.round(speech ?? 0)} ms`,
      commit: `${Math.round(commit ?? 0)} ms`,
      frames: n === 1 ? '=talk.pictures.one' : '=talk.pictures.many',
      n,
    };
    const figures = make('small');
    this.#words.put(figures, speech === null ? 'talk.numbers.typed' : 'talk.numbers', params);
    const button = make('button', 'figures', figures);
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    this.#words.put(button, 'talk.show', {}, 'tip');
    button.addEventListener('click', () => this.#select(timing.response_id));
    this.#following(() => found.item.append(button));
  }

  /** Marks the answer that is being looked into; null: none is. */
  mark(responseId: string | null): void {
    for (const [id, { item }] of this.#answers) {
      item.classList.toggle('chosen', id === responseId);
      item.querySelector('.figures')?.setAttribute('aria-pressed', String(id === responseId));
    }
  }

  #question(className: string, kind: StringKey): Shown {
    const text = make('p', 'text');
    const item = make('li', className, this.#words.put(make('span', 'kind'), kind), text);
    this.#list.append(item);
    this.#toEnd();
    return { item, text };
  }

  #answer(responseId: string): Shown {
    const known = this.#answers.get(responseId);
    if (known) return known;
    const text = make('p', 'text');
    const made = { item: make('li', 'answer streaming', text), text };
    this.#list.append(made.item);
    this.#answers.set(responseId, made);
    this.#toEnd();
    return made;
  }

  /** Changes something; who was reading the end goes on doing so. */
  #following(change: () => void): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    change();
    if (follows) this.#toEnd();
  }

  #toEnd(): void {
    this.#list.scrollTo({ top: this.#list.scrollHeight });
  }
}
