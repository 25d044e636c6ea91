import type { RgbImage } from '#modules/contracts';

export type Rgb = readonly [number, number, number];

export const RED: Rgb = [200, 40, 40];
export const BLUE: Rgb = [40, 70, 200];
const GROUND: Rgb = [170, 150, 120];

/** A round shape in one cell (0..8) of the 3x3 table. */
export interface Disc {
  readonly cell: number;
  readonly color: Rgb;
  /** Part of the picture's width. */
  readonly diameter: number;
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  /** Standard deviation of the camera's noise, in steps of 0..255. */
  readonly noise?: number;
  /** What the light is multiplied by. */
  readonly light?: number;
  readonly seed?: number;
}

/** A table as a camera sees it: discs on a plain ground, with light and noise. */
export function tablePicture(discs: readonly Disc[], look: Look = {}): RgbImage {
  const { width = 384, height = 288, noise = 0, light = 1 } = look;
  const random = uniform(look.seed ?? 1);
  // It rounds and clamps by itself; hundreds of pictures are made, and in a test's own context every `Math.…` is looked up.
  const data = new Uint8ClampedArray(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = discs.find((disc) => covers(disc, x / width, y / height))?.color ?? GROUND;
      for (const v of color) {
        // A sum of four uniform numbers is near enough to a normal one; its deviation is 0.577.
        const grain = noise === 0 ? 0 : ((random() + random() + random() + random() - 2) * noise) / 0.577;
        data[at++] = v * light + grain;
      }
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function covers({ cell, diameter }: Disc, x: number, y: number): boolean {
  const column = cell % 3;
  const dx = x - (column + 0.5) / 3;
  const dy = y - ((cell - column) / 3 + 0.5) / 3;
  return dx * dx + dy * dy < (diameter * diameter) / 4;
}

function uniform(seed: number): () => number {
  const { imul } = Math;
  let state = seed >>> 0;
  return () => (state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
