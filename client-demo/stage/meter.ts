import { barOf, Recent, type Column } from '../core/waveform.js';
import { element } from '../dom.js';
import type { Ear } from './ear.js';

/** Between two columns (ms), and how many are shown: 12 s. */
const EVERY_MS = 50;
const SHOWN = 240;
/** With less motion the picture changes twice a second, not with each column. */
const CALM_COLUMNS = 10;
/** Gauges are for people: five times a second is enough. */
const GAUGE_COLUMNS = 4;

/** The waveform: how loud it is, how likely it is speech, and what the gateway takes for speech. */
export class Meter {
  readonly #canvas = element('wave', HTMLCanvasElement);
  readonly #columns = new Recent<Column>(SHOWN);
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #ear: () => Ear | null = () => null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #heard = false;
  #count = 0;

  /** @param ear what is looked at, now */
  start(ear: () => Ear | null): void {
    this.#ear = ear;
    this.#columns.clear();
    element('meter', HTMLElement).hidden = false;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    element('meter', HTMLElement).hidden = true;
  }

  /** The gateway hears speech, or not any more. */
  hear(heard: boolean): void {
    this.#heard = heard;
  }

  #look(): void {
    const now = this.#ear()?.read();
    if (!now) return;
    const column = { ...now, heard: this.#heard };
    this.#columns.push(column);
    this.#count += 1;
    if (this.#count % GAUGE_COLUMNS === 0) {
      gauge('level', column.level);
      gauge('presence', column.presence);
    }
    if (!this.#calm.matches || this.#count % CALM_COLUMNS === 0) this.#draw();
  }

  #draw(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    if (this.#canvas.width !== width || this.#canvas.height !== height)
      Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context || width === 0) return;
    const style = getComputedStyle(this.#canvas);
    // A custom property would come as it is written, for both schemes.
    const [quiet, speech] = [style.color, style.borderTopColor];
    context.clearRect(0, 0, width, height);
    const step = width / SHOWN;
    const foot = 4 * scale;
    const from = SHOWN - this.#columns.items.length;
    context.fillStyle = quiet;
    context.globalAlpha = 0.3;
    context.fillRect(0, (height - foot) / 2, from * step, scale);
    for (const [n, column] of this.#columns.items.entries()) {
      const { top, bottom } = barOf(column);
      const x = (from + n) * step;
      context.fillStyle = quiet;
      context.globalAlpha = 0.45 * (1 - column.presence) + 0.1;
      context.fillRect(x, top * (height - foot), Math.max(1, step * 0.7), (bottom - top) * (height - foot));
      context.fillStyle = speech;
      context.globalAlpha = column.presence;
      context.fillRect(x, top * (height - foot), Math.max(1, step * 0.7), (bottom - top) * (height - foot));
      if (!column.heard) continue;
      context.globalAlpha = 1;
      context.fillRect(x, height - foot / 2, Math.ceil(step), foot / 2);
    }
  }
}

function gauge(id: 'level' | 'presence', value: number): void {
  const bar = element(id, HTMLElement);
  const percent = Math.round(value * 100);
  bar.setAttribute('aria-valuenow', String(percent));
  bar.style.setProperty('--value', `${percent}%`);
}
