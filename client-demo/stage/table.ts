export const SHAPES = ['circle', 'square', 'triangle', 'star', 'heart', 'cross', 'card'] as const;
export type Shape = (typeof SHAPES)[number];

/** The model's eight colours, in shades that people call so. */
export const COLORS = {
  red: '#e53935',
  green: '#43a047',
  blue: '#1e88e5',
  yellow: '#fdd835',
  purple: '#8e24aa',
  orange: '#fb8c00',
  black: '#111111',
  white: '#ffffff',
} as const;
export type Color = keyof typeof COLORS;

export interface Thing {
  readonly shape: Shape;
  readonly color: Color;
  readonly size: 'small' | 'large';
  /** What a card says. */
  readonly number: number;
}

/** Three by three places, each empty or with one thing; there is at most one card. */
export class Table {
  private cells: (Thing | null)[] = Array.from({ length: 9 }, () => null);

  constructor(private readonly onChange: () => void) {}

  at(cell: number): Thing | null {
    return this.cells[cell] ?? null;
  }

  /** Puts a thing on an empty place, or takes away what lies there. */
  toggle(cell: number, thing: Thing): void {
    const taken = this.at(cell) !== null;
    if (!taken && thing.shape === 'card') {
      this.cells = this.cells.map((other) => (other?.shape === 'card' ? null : other));
    }
    this.cells[cell] = taken ? null : thing;
    this.onChange();
  }

  /** Moves a thing; one that lies there already changes places with it. */
  move(from: number, to: number): void {
    [this.cells[from], this.cells[to]] = [this.at(to), this.at(from)];
    this.onChange();
  }

  clear(): void {
    this.cells.fill(null);
    this.onChange();
  }

  /** A card alone in the middle is held up large. */
  isBigCard(cell: number): boolean {
    return this.at(cell)?.shape === 'card' && cell === 4 && this.cells.filter(Boolean).length === 1;
  }
}
