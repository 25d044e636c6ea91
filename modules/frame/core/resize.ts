import type { RgbImage } from '#modules/contracts';
import type { FrameSize } from './options.js';

const CHANNELS = 3;

/** For each target position: the first source position, and the weights of it and its followers (they sum to 1). */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights a target position. */
  readonly weights: Float32Array;
  readonly stride: number;
}

/**
 * Scales pictures to one size, each axis by itself: the aspect ratio is kept where that is asked for, and else not (the shipped model is
 * trained on squashed pictures). An axis that shrinks is averaged by area, so that nothing small is skipped; one that grows is bilinear.
 */
export class Resizer {
  readonly #target: FrameSize;
  #source: FrameSize = { width: 0, height: 0 };
  /** What of the target is not bars. */
  #inner: FrameSize = { width: 1, height: 1 };
  #columns: Taps = axisTaps(1, 1);
  #rows: Taps = axisTaps(1, 1);
  #row = new Float32Array(0);

  constructor(target: FrameSize) {
    this.#target = target;
  }

  /** @returns the picture itself where it has the target size already. */
  resize(image: RgbImage): RgbImage {
    const { width, height } = this.#target;
    if (image.width === width && image.height === height) return image;
    this.#prepare(image);
    const data = new Uint8Array(width * height * CHANNELS);
    const left = Math.floor((width - this.#inner.width) / 2);
    const top = Math.floor((height - this.#inner.height) / 2);
    for (let y = 0; y < this.#inner.height; y++) {
      this.#mixRows(image, y);
      this.#mixColumns(data, ((top + y) * width + left) * CHANNELS);
    }
    return { width, height, data };
  }

  #prepare(source: FrameSize): void {
    if (source.width === this.#source.width && source.height === this.#source.height) return;
    this.#inner = this.#target.keepsRatio ? inside(source, this.#target) : this.#target;
    this.#columns = axisTaps(source.width, this.#inner.width);
    this.#rows = axisTaps(source.height, this.#inner.height);
    this.#row = new Float32Array(source.width * CHANNELS);
    this.#source = { width: source.width, height: source.height };
  }

  /** The source rows under target row `y`, mixed into one row of source width. */
  #mixRows(image: RgbImage, y: number): void {
    const { first, count, weights, stride } = this.#rows;
    const row = this.#row;
    const { data } = image;
    const taps = count[y] ?? 0;
    for (let k = 0; k < taps; k++) {
      const weight = weights[y * stride + k] ?? 0;
      const start = ((first[y] ?? 0) + k) * row.length;
      if (k === 0) for (let i = 0; i < row.length; i++) row[i] = weight * (data[start + i] ?? 0);
      else for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) + weight * (data[start + i] ?? 0);
    }
  }

  /** The mixed row, mixed along the row into the target from its byte `out` on. */
  #mixColumns(data: Uint8Array, out: number): void {
    const { first, count, weights, stride } = this.#columns;
    const row = this.#row;
    let to = out;
    for (let x = 0; x < this.#inner.width; x++) {
      let r = 0.5;
      let g = 0.5;
      let b = 0.5;
      let at = (first[x] ?? 0) * CHANNELS;
      const end = x * stride + (count[x] ?? 0);
      for (let k = x * stride; k < end; k++) {
        const weight = weights[k] ?? 0;
        r += weight * (row[at] ?? 0);
        g += weight * (row[at + 1] ?? 0);
        b += weight * (row[at + 2] ?? 0);
        at += CHANNELS;
      }
      data[to++] = r;
      data[to++] = g;
      data[to++] = b;
    }
  }
}

/** The largest size of the source's aspect ratio within the target. */
function inside(source: FrameSize, target: FrameSize): FrameSize {
  const scale = Math.min(target.width / source.width, target.height / source.height);
  return {
    width: Math.min(target.width, Math.max(1, Math.round(source.width * scale))),
    height: Math.min(target.height, Math.max(1, Math.round(source.height * scale))),
  };
}

function axisTaps(source: number, target: number): Taps {
  return target < source ? areaTaps(source, target) : bilinearTaps(source, target);
}

/** Each source position counts by how much of it lies under the target position. */
function areaTaps(source: number, target: number): Taps {
  const scale = source / target;
  const stride = Math.ceil(scale) + 1;
  const taps = emptyTaps(target, stride);
  for (let i = 0; i < target; i++) {
    const from = i * scale;
    const to = Math.min((i + 1) * scale, source);
    const first = Math.floor(from);
    const count = Math.min(Math.ceil(to), source) - first;
    taps.first[i] = first;
    taps.count[i] = count;
    for (let k = 0; k < count; k++) {
      const overlap = Math.min(to, first + k + 1) - Math.max(from, first + k);
      taps.weights[i * stride + k] = overlap / (to - from);
    }
  }
  return taps;
}

/** Between the two nearest source centres; beyond the outermost ones the edge goes on. */
function bilinearTaps(source: number, target: number): Taps {
  const taps = emptyTaps(target, 2);
  for (let i = 0; i < target; i++) {
    const centre = Math.min(Math.max(((i + 0.5) * source) / target - 0.5, 0), source - 1);
    const first = Math.floor(centre);
    taps.first[i] = first;
    taps.count[i] = first + 1 < source ? 2 : 1;
    taps.weights[i * 2] = first + 1 < source ? 1 - (centre - first) : 1;
    taps.weights[i * 2 + 1] = centre - first;
  }
  return taps;
}

function emptyTaps(target: number, stride: number): Taps {
  return {
    first: new Int32Array(target),
    count: new Int32Array(target),
    weights: new Float32Array(target * stride),
    stride,
  };
}
