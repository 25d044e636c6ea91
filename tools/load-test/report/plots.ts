import { fixed } from './markdown.js';

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 34;
const TICKS = 4;
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#9333ea'] as const;

export interface Point {
  readonly x: number;
  /** Null: nothing was measured here, and the line is broken. */
  readonly y: number | null;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Axes {
  /** What is plotted, with units. */
  readonly x: string;
  readonly y: string;
}

/** Lines through points, as SVG. @returns a note where nothing was measured */
export function lineChart(axes: Axes, series: readonly Series[]): string {
  const scale = scaleOf(series.flatMap(({ points }) => points));
  if (!scale) return NOTHING;
  const lines = series.map(({ points }, at) => {
    const dots = points.flatMap(({ x, y }) =>
      y === null ? [] : [`<circle cx="${px(scale.x(x))}" cy="${px(scale.y(y))}" r="2.5"/>`],
    );
    return `<g stroke="${colour(at)}" fill="${colour(at)}"><path fill="none" d="${pathOf(points, scale)}"/>${dots.join('')}</g>`;
  });
  return `${svg(axes, scale, lines.join(''))}${legend(series.map(({ name }) => name))}`;
}

export interface Bar {
  readonly name: string;
  /** One for each part, in the order of the parts' names. */
  readonly values: readonly (number | null)[];
}

/** Bars side by side, one group a name. @param parts names of what is in a group */
export function barChart(unit: string, parts: readonly string[], bars: readonly Bar[]): string {
  const most = Math.max(0, ...bars.flatMap(({ values }) => values.map((value) => value ?? 0)));
  if (bars.length === 0 || most === 0) return NOTHING;
  const row = 14 * parts.length + 10;
  const left = 190;
  const rows = bars.map(({ name, values }, at) => {
    const top = TOP + at * row;
    const label = `<text x="${left - 8}" y="${px(top + row / 2)}" text-anchor="end">${escaped(name)}</text>`;
    const drawn = values.map((value, part) => {
      if (value === null) return '';
      const width = (Math.max(0, value) / most) * (WIDTH - left - 70);
      const y = top + part * 14;
      return `<rect x="${left}" y="${y}" width="${px(width)}" height="12" fill="${colour(part)}"/><text x="${px(left + width + 4)}" y="${y + 10}">${fixed(value, 0)}</text>`;
    });
    return label + drawn.join('');
  });
  const height = TOP + bars.length * row + 4;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(unit)}">${rows.join('')}</svg>${legend(parts)}`;
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

const NOTHING = '<p class="nothing">Nothing was measured.</p>';

function scaleOf(points: readonly Point[]): Scale | null {
  const known = points.flatMap(({ x, y }) => (y === null ? [] : [{ x, y }]));
  if (known.length === 0) return null;
  const xs = known.map(({ x }) => x);
  const [fromX, toX] = [Math.min(...xs), Math.max(...xs)];
  const ys = known.map(({ y }) => y);
  // 0 is always in it: half of a plot without would look like twice as much.
  const [fromY, highest] = [Math.min(0, ...ys), Math.max(0, ...ys)];
  const toY = highest > fromY ? highest : 1;
  const place = (value: number, from: number, to: number) => (to > from ? (value - from) / (to - from) : 0.5);
  const ticks = (from: number, to: number) =>
    to > from ? Array.from({ length: TICKS + 1 }, (_, at) => from + ((to - from) * at) / TICKS) : [from];
  return {
    x: (value) => LEFT + place(value, fromX, toX) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - place(value, fromY, toY) * (HEIGHT - TOP - BOTTOM),
    xTicks: ticks(fromX, toX),
    yTicks: ticks(fromY, toY),
  };
}

function svg(axes: Axes, scale: Scale, content: string): string {
  const across = scale.yTicks.map((value) => {
    const y = px(scale.y(value));
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${tick(value)}</text>`;
  });
  const along = scale.xTicks.map(
    (value) =>
      `<text x="${px(scale.x(value))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${tick(value)}</text>`,
  );
  const names = `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 2}" text-anchor="end">${escaped(axes.x)}</text>`;
  const label = escaped(`${axes.y} by ${axes.x}`);
  return `<p class="axis">${escaped(axes.y)}</p><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${across.join('')}${along.join('')}${names}${content}</svg>`;
}

function pathOf(points: readonly Point[], scale: Scale): string {
  let broken = true;
  return points
    .map(({ x, y }) => {
      const command = broken ? 'M' : 'L';
      broken = y === null;
      return y === null ? '' : `${command}${px(scale.x(x))} ${px(scale.y(y))}`;
    })
    .join('');
}

function legend(names: readonly string[]): string {
  if (names.length < 2) return '';
  const items = names.map(
    (name, at) => `<span><i style="background:${colour(at)}"></i>${escaped(name)}</span>`,
  );
  return `<p class="legend">${items.join('')}</p>`;
}

function colour(at: number): string {
  return COLOURS[at % COLOURS.length] ?? COLOURS[0];
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function tick(value: number): string {
  return fixed(value, Math.abs(value) >= 10 ? 0 : 2);
}
