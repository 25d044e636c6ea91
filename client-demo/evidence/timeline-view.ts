import { duration, tickLabel, type Row, type Timeline } from '../core/timeline.js';
import { element, make } from '../dom.js';
import type { Words } from '../text/words.js';

/** One turn to scale: a row for each thing that took time, on one axis. */
export class TimelineView {
  readonly #rows = element('timeline', HTMLElement);
  readonly #empty = element('no-time', HTMLElement);
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
    this.show(null);
  }

  /** @param timeline null: there is none (yet) */
  show(timeline: Timeline | null): void {
    this.#empty.hidden = timeline !== null;
    this.#rows.hidden = timeline === null;
    if (timeline === null) return;
    this.#rows.replaceChildren(...timeline.rows.map((row) => this.#row(row, timeline)), this.#axis(timeline));
  }

  /** What the bars stand over: for the eye, as each row says how long it took. */
  #axis({ confirmed, ticks }: Timeline): HTMLLIElement {
    const line = this.#words.put(make('b'), 'time.confirmed');
    line.style.left = percent(confirmed);
    // Where it is far to the right, what it says stands on its left.
    line.classList.toggle('late', confirmed > 0.5);
    const scale = make('span', 'scale', line, ...ticks.map(({ left, ms }) => tick(left, tickLabel(ms))));
    const axis = make('li', 'axis', scale);
    axis.setAttribute('aria-hidden', 'true');
    return axis;
  }

  #row(row: Row, { rolledBack, confirmed }: Timeline): HTMLLIElement {
    const name = this.#words.put(make('span', 'name'), `time.${row.kind}`);
    const track = make('span', 'track');
    track.setAttribute('aria-hidden', 'true');
    track.style.setProperty('--confirmed', percent(confirmed));
    if (row.place) {
      const bar = make('i');
      bar.style.left = percent(row.place.left);
      bar.style.width = percent(row.place.width);
      track.append(bar);
    }
    const value = make('span', 'value');
    const item = make('li', '', name, track, value);
    item.dataset['kind'] = row.kind;
    if (row.kind === 'rolledBack' && rolledBack.times > 0) {
      const { times: n, tokens } = rolledBack;
      this.#words.put(value, n === 1 ? 'time.rolledBack.one' : 'time.rolledBack.many', { n, tokens });
    } else if (row.ms === null) {
      item.classList.add('never');
      this.#words.put(value, 'time.never');
    } else value.textContent = duration(row.ms);
    return item;
  }
}

function tick(left: number, text: string): HTMLElement {
  const made = make('i', '', text);
  made.style.left = percent(left);
  return made;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)}%`;
}
