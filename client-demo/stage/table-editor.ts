import { choose, chosen, element, make } from '../dom.js';
import type { Params } from '../text/language.js';
import type { StringKey } from '../text/strings.js';
import type { Words } from '../text/words.js';
import { drawTable, outline } from './draw-table.js';
import { COLORS, SHAPES, Table, type Color, type Shape, type Thing } from './table.js';

const PLACES = 9;
const SVG = 'http://www.w3.org/2000/svg';
/** With less room the tools are out of the way at first. */
const ROOMY = '(min-width: 50rem)';

/** The built-in table: a canvas as camera, and over it nine buttons on which things are put, taken and moved. */
export class TableEditor {
  readonly canvas = element('table', HTMLCanvasElement);
  readonly #words: Words;
  readonly #table = new Table(() => this.#render());
  readonly #cells: HTMLButtonElement[];
  #dragged: number | null = null;
  #moved = false;

  constructor(words: Words) {
    this.#words = words;
    this.#cells = Array.from({ length: PLACES }, (_, cell) => this.#cellButton(cell));
    element('cells', HTMLElement).append(...this.#cells);
    this.#addChoices('shapes', 'shape', SHAPES, shapeFace);
    this.#addChoices('colors', 'color', Object.keys(COLORS) as Color[], (color) => {
      const face = make('span', 'swatch');
      face.style.setProperty('--swatch', COLORS[color]);
      return face;
    });
    const room = matchMedia(ROOMY);
    const fit = (): void => void (element('toolbox', HTMLDetailsElement).open = room.matches);
    room.addEventListener('change', fit);
    fit();
    choose('shape', 'star');
    choose('color', 'red');
    element('clear', HTMLButtonElement).addEventListener('click', () => this.#table.clear());
    element('tools', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    // Among them one that is green, because a built-in question asks for it.
    this.#table.toggle(0, { shape: 'star', color: 'red', size: 'large', number: 0 });
    this.#table.toggle(5, { shape: 'circle', color: 'blue', size: 'large', number: 0 });
    this.#table.toggle(6, { shape: 'heart', color: 'green', size: 'large', number: 0 });
    // A canvas that does not change sends no pictures: it is drawn again a few times a second.
    setInterval(() => this.#draw(), 200);
  }

  /** The table as a camera. */
  stream(): MediaStream {
    return this.canvas.captureStream(15);
  }

  #cellButton(cell: number): HTMLButtonElement {
    const button = make('button');
    button.type = 'button';
    button.dataset['cell'] = String(cell);
    button.addEventListener('pointerup', (event) => {
      const from = this.#dragged;
      this.#dragged = null;
      const to = cellAt(event);
      if (from === null || to === null || from === to) return;
      this.#table.move(from, to);
      this.#moved = true;
    });
    button.addEventListener('pointerdown', (event) => {
      this.#moved = false;
      this.#dragged = this.#table.at(cell) === null ? null : cell;
      button.setPointerCapture(event.pointerId);
    });
    // Also what a key press gives; a drag that moved something ends in a click too, which must not undo it.
    button.addEventListener('click', () => {
      if (!this.#moved) this.#table.toggle(cell, wanted());
      this.#moved = false;
    });
    return button;
  }

  #render(): void {
    this.#draw();
    for (const [cell, button] of this.#cells.entries()) {
      const params = { place: `=place.${cell}`, ...described(this.#table.at(cell)) };
      this.#words.put(button, 'place.thing', params, 'label');
    }
  }

  #draw(): void {
    const context = this.canvas.getContext('2d');
    if (context !== null) drawTable(context, this.#table);
  }

  #addChoices<T extends Shape | Color>(
    parent: string,
    name: 'shape' | 'color',
    values: readonly T[],
    faceOf: (value: T) => Element,
  ): void {
    for (const value of values) {
      const input = make('input');
      Object.assign(input, { type: 'radio', name, value });
      const label = make('label', 'choice', input, faceOf(value));
      const key = `${name}.${value}` as StringKey;
      this.#words.put(input, key, {}, 'label');
      this.#words.put(label, key, {}, 'tip');
      element(parent, HTMLElement).append(label);
    }
  }
}

/** What lies on a place, in words of the page. */
function described(thing: Thing | null): Params {
  if (thing === null) return { thing: '=thing.empty' };
  const { shape, color, size, number } = thing;
  if (shape === 'card') return { thing: '=thing.card', n: number };
  return { thing: '=thing.shape', size: `=size.${size}`, color: `=color.${color}`, shape: `=shape.${shape}` };
}

function cellAt(event: PointerEvent): number | null {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  const cell = under instanceof HTMLElement ? under.dataset['cell'] : undefined;
  return cell === undefined ? null : Number(cell);
}

/** What the tools say is to be put down. */
function wanted(): Thing {
  const number = Number(element('number', HTMLInputElement).value);
  return {
    shape: chosen('shape') as Shape,
    color: chosen('color') as Color,
    size: element('size', HTMLSelectElement).value as Thing['size'],
    number: Math.min(99, Math.max(0, Math.round(number) || 0)),
  };
}

/** A shape as a small picture of itself. */
function shapeFace(shape: Shape): Element {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '-1.3 -1.3 2.6 2.6');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('shape', shape);
  const polygon = document.createElementNS(SVG, 'polygon');
  const corners = shape === 'card' ? CARD : outline(shape);
  polygon.setAttribute('points', corners.map((corner) => corner.join()).join(' '));
  svg.append(polygon);
  if (shape === 'card') {
    const number = document.createElementNS(SVG, 'text');
    number.setAttribute('y', '0.42');
    number.textContent = '7';
    svg.append(number);
  }
  return svg;
}

const CARD = [
  [-1.1, -0.85],
  [1.1, -0.85],
  [1.1, 0.85],
  [-1.1, 0.85],
] as const;
