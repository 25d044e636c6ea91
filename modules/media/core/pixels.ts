/** RGB, row by row, without padding. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Puts RGBA pixels onto white, in place; afterwards they are opaque. */
export function putOntoWhite(rgba: Uint8Array): void {
  for (let at = 3; at < rgba.length; at += 4) {
    const alpha = rgba[at] ?? 255;
    if (alpha === 255) continue;
    const white = 255 * (255 - alpha) + 127;
    for (let i = at - 3; i < at; i += 1) rgba[i] = ((rgba[i] ?? 0) * alpha + white) / 255;
    rgba[at] = 255;
  }
}

/** EXIF's orientation: 1 is upright; 5 to 8 lie on their side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** How to read an upright picture out of a stored one: swap rows and columns, then walk the stored rows or columns backwards. */
const TURNS: Record<Orientation, { swap: boolean; backX: boolean; backY: boolean }> = {
  1: { swap: false, backX: false, backY: false },
  2: { swap: false, backX: true, backY: false },
  3: { swap: false, backX: true, backY: true },
  4: { swap: false, backX: false, backY: true },
  5: { swap: true, backX: false, backY: false },
  6: { swap: true, backX: false, backY: true },
  7: { swap: true, backX: true, backY: true },
  8: { swap: true, backX: true, backY: false },
};

/** The picture as it is meant to be seen. */
export function upright<P extends Pixels>(picture: P, orientation: Orientation): Pixels {
  if (orientation === 1) return picture;
  const { width, height, data } = picture;
  const { swap, backX, backY } = TURNS[orientation];
  const stepX = backX ? -3 : 3;
  const stepY = (backY ? -3 : 3) * width;
  const start = (backX ? (width - 1) * 3 : 0) + (backY ? (height - 1) * width * 3 : 0);
  const [w, h] = swap ? [height, width] : [width, height];
  const [along, down] = swap ? [stepY, stepX] : [stepX, stepY];
  const out = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < h; y += 1) {
    let from = start + y * down;
    for (let x = 0; x < w; x += 1, from += along, to += 3) {
      out[to] = data[from] ?? 0;
      out[to + 1] = data[from + 1] ?? 0;
      out[to + 2] = data[from + 2] ?? 0;
    }
  }
  return { width: w, height: h, data: out };
}

/** A rectangle of a canvas, in pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly canvas: { readonly width: number; readonly height: number };
}

/** The same, of a canvas that is scaled down to fit a square. */
export function scaledDown(place: Place, maxSide: number): Place {
  const { canvas } = place;
  const ratio = Math.min(1, maxSide / Math.max(canvas.width, canvas.height));
  const scaled = (v: number) => Math.max(1, Math.round(v * ratio));
  return {
    x: Math.round(place.x * ratio),
    y: Math.round(place.y * ratio),
    width: scaled(place.width),
    height: scaled(place.height),
    canvas: { width: scaled(canvas.width), height: scaled(canvas.height) },
  };
}

/** A picture in its place on a white canvas; what sticks out is cut off. */
export function onCanvas(picture: Pixels, { x, y, canvas }: Place): Pixels {
  const data = new Uint8Array(canvas.width * canvas.height * 3).fill(255);
  const columns = Math.min(picture.width, canvas.width - x);
  const rows = Math.min(picture.height, canvas.height - y);
  for (let row = 0; row < rows && columns > 0; row += 1) {
    const from = row * picture.width * 3;
    data.set(picture.data.subarray(from, from + columns * 3), ((y + row) * canvas.width + x) * 3);
  }
  return { ...canvas, data };
}
