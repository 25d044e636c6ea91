/** How a Gemma 4 vision encoder takes pictures: square patches with their places, filled up to a fixed number. */
export interface PatchSettings {
  /** Pixels a side. */
  readonly size: number;
  /** Patches a side that become one token. */
  readonly pool: number;
  readonly maxTokens: number;
}

/** Patches that a picture is filled up to. */
export function maxPatches({ maxTokens, pool }: PatchSettings): number {
  return maxTokens * pool ** 2;
}

/** The side of the largest square picture that fits: a whole number of tokens a side. */
export function squareSide(settings: PatchSettings): number {
  const side = settings.pool * settings.size;
  return Math.floor((Math.sqrt(maxPatches(settings)) * settings.size) / side) * side;
}

/** Tokens of a square picture with that side. */
export function squareTokens({ size, pool }: PatchSettings, side: number): number {
  return Math.floor((side / size) ** 2 / pool ** 2);
}

/**
 * @param planes `[3, side, side]`
 * @returns patches `[maxPatches, size × size × 3]`, row by row, each as rows of RGB pixels; positions `[maxPatches, 2]`,
 * column then row, −1 where there is no patch
 */
export function toPatches(
  planes: Float32Array,
  side: number,
  settings: PatchSettings,
): { patches: Float32Array; positions: Float32Array } {
  const { size } = settings;
  const count = maxPatches(settings);
  const grid = side / size;
  const patches = new Float32Array(count * size * size * 3);
  const positions = new Float32Array(count * 2).fill(-1);
  let out = 0;
  for (let patch = 0; patch < grid * grid; patch++) {
    const [column, row] = [patch % grid, Math.floor(patch / grid)];
    positions.set([column, row], patch * 2);
    for (let pixel = 0; pixel < size * size; pixel++) {
      const y = row * size + Math.floor(pixel / size);
      const x = column * size + (pixel % size);
      for (let channel = 0; channel < 3; channel++) {
        patches[out++] = planes[(channel * side + y) * side + x] ?? 0;
      }
    }
  }
  return { patches, positions };
}
