import { COLORS, type Shape, type Table, type Thing } from './table.js';

const GROUND = '#deb887';
/** Radii as fractions of the picture's height. */
const RADIUS = { small: 0.1, large: 0.155 } as const;

type Point = readonly [number, number];

/** Draws the table flat, as the model knows it: no shadows, no outlines. */
export function drawTable(context: CanvasRenderingContext2D, table: Table): void {
  const { width, height } = context.canvas;
  context.fillStyle = GROUND;
  context.fillRect(0, 0, width, height);
  for (let cell = 0; cell < 9; cell++) {
    const thing = table.at(cell);
    if (thing === null) continue;
    const x = (((cell % 3) + 0.5) / 3) * width;
    const y = ((Math.floor(cell / 3) + 0.5) / 3) * height;
    if (thing.shape === 'card')
      drawCard(context, thing.number, { x, y, width: table.isBigCard(cell) ? 0.5 : 0.3 });
    else drawShape(context, thing, x, y);
  }
}

function drawShape(context: CanvasRenderingContext2D, thing: Thing, x: number, y: number): void {
  const radius = RADIUS[thing.size] * context.canvas.height;
  context.beginPath();
  for (const [px, py] of outline(thing.shape)) context.lineTo(x + px * radius, y + py * radius);
  context.closePath();
  context.fillStyle = COLORS[thing.color];
  context.fill();
}

/** @param place centre in pixels, width as a fraction of the picture's height */
function drawCard(
  context: CanvasRenderingContext2D,
  number: number,
  { x, y, width }: { x: number; y: number; width: number },
): void {
  const w = width * context.canvas.height;
  const h = w / 1.3;
  context.fillStyle = '#ffffff';
  context.fillRect(x - w / 2, y - h / 2, w, h);
  context.strokeStyle = '#1e1e1e';
  context.lineWidth = 4;
  context.strokeRect(x - w / 2, y - h / 2, w, h);
  context.fillStyle = '#000000';
  context.font = `bold ${Math.round(h * 0.86)}px "DejaVu Sans", Arial, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  const box = context.measureText(String(number));
  const middle = (box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2;
  context.fillText(String(number), x, y + middle, w * 0.86);
}

/** Corners around (0, 0), y down, with radii that make all shapes look equally large. */
export function outline(shape: Shape): Point[] {
  switch (shape) {
    case 'circle':
      return around(48, (t) => [Math.cos(t), Math.sin(t)]);
    case 'triangle':
      return [
        [0, -1],
        [1.03, 0.82],
        [-1.03, 0.82],
      ];
    case 'star':
      return around(10, (t, i) => {
        const r = i % 2 === 0 ? 1.14 : 0.48;
        return [r * Math.sin(t), 0.06 - r * Math.cos(t)];
      });
    case 'heart':
      return around(44, (t) => {
        const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
        return [1.04 * Math.sin(t) ** 3, -y / 15.5 - 0.16];
      });
    case 'cross':
      return cross(0.34);
    default:
      return [
        [-0.88, -0.88],
        [0.88, -0.88],
        [0.88, 0.88],
        [-0.88, 0.88],
      ];
  }
}

function around(count: number, corner: (angle: number, index: number) => Point): Point[] {
  return Array.from({ length: count }, (_, i) => corner((i * 2 * Math.PI) / count, i));
}

function cross(a: number): Point[] {
  const quarter: Point[] = [
    [a, -1],
    [a, -a],
    [1, -a],
  ];
  // Each further quarter is the first, turned by a right angle.
  const turns: ((p: Point) => Point)[] = [
    ([x, y]) => [x, y],
    ([x, y]) => [-y, x],
    ([x, y]) => [-x, -y],
    ([x, y]) => [y, -x],
  ];
  return turns.flatMap((turn) => quarter.map(turn));
}
