import { element } from './dom.js';
import { drawTable } from './draw-table.js';
import { CELL_NAMES, COLORS, SHAPES, Table, describe, type Color, type Shape, type Thing } from './table.js';

/** The built-in table: a canvas as camera, and over it nine buttons on which things are put, taken and moved. */
export class TableEditor {
  readonly canvas = element('table', HTMLCanvasElement);
  private readonly table = new Table(() => this.render());
  private readonly cells: HTMLButtonElement[];

  constructor() {
    this.cells = CELL_NAMES.map((_, cell) => this.cellButton(cell));
    element('cells', HTMLElement).append(...this.cells);
    addChoices('shapes', { name: 'shape', values: SHAPES, first: 'star' });
    addChoices('colors', {
      name: 'color',
      values: Object.keys(COLORS),
      first: 'red',
      swatch: (color) => COLORS[color as Color],
    });
    element('clear', HTMLButtonElement).addEventListener('click', () => this.table.clear());
    element('tools', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    // Among them one that is green, because a built-in question asks for it.
    this.table.toggle(0, { shape: 'star', color: 'red', size: 'large', number: 0 });
    this.table.toggle(5, { shape: 'circle', color: 'blue', size: 'large', number: 0 });
    this.table.toggle(6, { shape: 'heart', color: 'green', size: 'large', number: 0 });
    // A canvas that does not change sends no pictures: it is drawn again a few times a second.
    setInterval(() => this.draw(), 200);
  }

  /** The table as a camera. */
  stream(): MediaStream {
    return this.canvas.captureStream(15);
  }

  private cellButton(cell: number): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset['cell'] = String(cell);
    button.addEventListener('pointerup', (event) => {
      const from = this.dragged;
      this.dragged = null;
      const to = cellAt(event);
      if (from === null || to === null || from === to) return;
      this.table.move(from, to);
      this.moved = true;
    });
    button.addEventListener('pointerdown', (event) => {
      this.moved = false;
      this.dragged = this.table.at(cell) === null ? null : cell;
      button.setPointerCapture(event.pointerId);
    });
    // Also what a key press gives; a drag that moved something ends in a click too, which must not undo it.
    button.addEventListener('click', () => {
      if (!this.moved) this.table.toggle(cell, chosen());
      this.moved = false;
    });
    return button;
  }

  private dragged: number | null = null;
  private moved = false;

  private render(): void {
    this.draw();
    for (const [cell, button] of this.cells.entries()) {
      button.setAttribute('aria-label', `${CELL_NAMES[cell]}: ${describe(this.table.at(cell))}`);
    }
  }

  private draw(): void {
    const context = this.canvas.getContext('2d');
    if (context !== null) drawTable(context, this.table);
  }
}

function cellAt(event: PointerEvent): number | null {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  const cell = under instanceof HTMLElement ? under.dataset['cell'] : undefined;
  return cell === undefined ? null : Number(cell);
}

function chosen(): Thing {
  const form = new FormData(element('tools', HTMLFormElement));
  const number = Number(element('number', HTMLInputElement).value);
  return {
    shape: form.get('shape') as Shape,
    color: form.get('color') as Color,
    size: element('size', HTMLSelectElement).value as Thing['size'],
    number: Math.min(99, Math.max(0, Math.round(number) || 0)),
  };
}

interface Choices {
  readonly name: string;
  readonly values: readonly string[];
  /** What is chosen at first. */
  readonly first: string;
  /** CSS colour of a value that is shown as a swatch; without it, a value is shown as its name. */
  readonly swatch?: (value: string) => string;
}

function addChoices(parent: string, { name, values, first, swatch }: Choices): void {
  const choices = values.map((value) => {
    const label = document.createElement('label');
    label.className = swatch === undefined ? 'choice' : 'choice swatch';
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = name;
    input.value = value;
    input.checked = value === first;
    input.setAttribute('aria-label', value);
    const face = document.createElement('span');
    if (swatch === undefined) face.textContent = value;
    else face.style.setProperty('--swatch', swatch(value));
    label.title = value;
    label.append(input, face);
    return label;
  });
  element(parent, HTMLElement).append(...choices);
}
