import type { RgbImage } from '#modules/contracts';

/** Blocks along each side of a picture (fewer where the picture has fewer pixels). */
const GRID = 32;
const PLANES = 3;

/** Limits in steps of 0..255. */
export interface DuplicateLimits {
  /** A block whose mean changed by at least this more than the picture as a whole did is news. */
  readonly local: number;
  /** So is a picture of which half the blocks changed by more than this: the lamp was switched, not a cloud passing. */
  readonly global: number;
}

/**
 * Measured on 219 rendered tables, raw and as VP8 key frames of three qualities: the largest block change of the same table
 * with new noise and 4 % more or less light was at most 8 raw, 11 at quantiser 40 and 21 at 56 (of 63; 95 % below 16); the
 * smallest of an event (a shape or a card's number appears, goes, moves, changes) was 35.
 */
export const DEFAULT_DUPLICATE_LIMITS: DuplicateLimits = { local: 18, global: 24 };

/**
 * Tells whether a picture shows something that the last kept one did not.
 *
 * Both are reduced to block means of luma and chroma. The measure is the largest change of any block, not the mean change,
 * so that something small counts in full: a shape of 8 % of the picture's width is 2.5 blocks wide and so covers at least
 * one block whole. Averaging over a block takes away camera noise and most of what a codec does; subtracting the median
 * change takes away drifting light.
 */
export class DuplicateDetector {
  readonly #limits: DuplicateLimits;
  #kept: Float32Array | null = null;

  constructor(limits: DuplicateLimits = DEFAULT_DUPLICATE_LIMITS) {
    this.#limits = limits;
  }

  /** @returns whether `image` is news; if so, or if `keepAnyway`, the next ones are compared with it. */
  check(image: RgbImage, keepAnyway: boolean): boolean {
    const means = blockMeans(image);
    const news = keepAnyway || this.#kept === null || this.#differs(this.#kept, means);
    if (news) this.#kept = means;
    return news;
  }

  /** The next picture is news, whatever the last one showed. */
  forget(): void {
    this.#kept = null;
  }

  #differs(before: Float32Array, after: Float32Array): boolean {
    if (before.length !== after.length) return true;
    const blocks = after.length / PLANES;
    for (let plane = 0; plane < PLANES; plane++) {
      const change = new Float32Array(blocks);
      for (let i = 0; i < blocks; i++)
        change[i] = (after[plane * blocks + i] ?? 0) - (before[plane * blocks + i] ?? 0);
      change.sort();
      const median = change[blocks >> 1] ?? 0;
      if (Math.abs(median) >= this.#limits.global) return true;
      const most = Math.max(median - (change[0] ?? 0), (change[blocks - 1] ?? 0) - median);
      if (most >= this.#limits.local) return true;
    }
    return false;
  }
}

/** Mean luma of each block, then mean blue and red difference (BT.601). */
function blockMeans({ width, height, data }: RgbImage): Float32Array {
  const columns = Math.min(GRID, width);
  const rows = Math.min(GRID, height);
  const blocks = columns * rows;
  const means = new Float32Array(PLANES * blocks);
  for (let block = 0; block < blocks; block++) {
    const row = Math.floor(block / columns);
    const column = block % columns;
    const left = Math.floor((column * width) / columns);
    const right = Math.floor(((column + 1) * width) / columns);
    const top = Math.floor((row * height) / rows);
    const bottom = Math.floor(((row + 1) * height) / rows);
    let r = 0;
    let g = 0;
    let b = 0;
    for (let y = top; y < bottom; y++) {
      const end = (y * width + right) * 3;
      for (let i = (y * width + left) * 3; i < end; i += 3) {
        r += data[i] ?? 0;
        g += data[i + 1] ?? 0;
        b += data[i + 2] ?? 0;
      }
    }
    const pixels = (right - left) * (bottom - top);
    const luma = (0.299 * r + 0.587 * g + 0.114 * b) / pixels;
    means[block] = luma;
    means[blocks + block] = 0.564 * (b / pixels - luma);
    means[2 * blocks + block] = 0.713 * (r / pixels - luma);
  }
  return means;
}
