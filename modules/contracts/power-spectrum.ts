interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The small transform of one stage: its roots of unity, [k][j]. */
interface Stage {
  readonly radix: number;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** What it takes together, [j]. */
  readonly part: Complex;
}

const PRIMES = [5, 4, 3, 2] as const;

/**
 * Power spectra of real frames of one length, which has no prime factors but 2, 3 and 5: a Stockham transform of mixed radix.
 * @throws RangeError for another length
 */
export class PowerSpectrum {
  readonly #length: number;
  readonly #stages: readonly Stage[];
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  #from: Complex;
  #to: Complex;

  constructor(length: number) {
    this.#length = length;
    this.#stages = radicesOf(length).map(stageOf);
    const turn = (index: number) => (-2 * Math.PI * index) / length;
    this.#cos = Float64Array.from({ length }, (_, index) => Math.cos(turn(index)));
    this.#sin = Float64Array.from({ length }, (_, index) => Math.sin(turn(index)));
    this.#from = { re: new Float64Array(length), im: new Float64Array(length) };
    this.#to = { re: new Float64Array(length), im: new Float64Array(length) };
  }

  /** Samples of a frame. */
  get length(): number {
    return this.#length;
  }

  /** |X|² of a frame, `length / 2 + 1` bins, into `into`. @param frame at most `length` samples; zeros follow */
  take(frame: Float64Array, into: Float64Array): void {
    this.#from.re.fill(0).set(frame);
    this.#from.im.fill(0);
    this.#transform();
    const { re, im } = this.#from;
    for (let k = 0; k <= this.#length / 2; k++) into[k] = (re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2;
  }

  /** The same of two whole frames at once, as one complex one. */
  takeTwo(frames: readonly [Float64Array, Float64Array], into: readonly [Float64Array, Float64Array]): void {
    this.#from.re.set(frames[0]);
    this.#from.im.set(frames[1]);
    this.#transform();
    this.#separate(into);
  }

  #transform(): void {
    let [rest, stride] = [this.#length, 1];
    for (const stage of this.#stages) {
      this.#stage(stage, rest, stride);
      [this.#from, this.#to] = [this.#to, this.#from];
      rest /= stage.radix;
      stride *= stage.radix;
    }
  }

  #stage({ radix, cos, sin, part: { re: partRe, im: partIm } }: Stage, rest: number, stride: number): void {
    const { re, im } = this.#from;
    const { re: outRe, im: outIm } = this.#to;
    const parts = rest / radix;
    const step = this.#length / rest;
    for (let p = 0; p < parts; p++) {
      for (let q = 0; q < stride; q++) {
        for (let j = 0; j < radix; j++) {
          partRe[j] = re[q + stride * (p + parts * j)] ?? 0;
          partIm[j] = im[q + stride * (p + parts * j)] ?? 0;
        }
        for (let k = 0; k < radix; k++) {
          let [sumRe, sumIm] = [0, 0];
          for (let j = 0, w = k * radix; j < radix; j++, w++) {
            sumRe += (partRe[j] ?? 0) * (cos[w] ?? 0) - (partIm[j] ?? 0) * (sin[w] ?? 0);
            sumIm += (partRe[j] ?? 0) * (sin[w] ?? 0) + (partIm[j] ?? 0) * (cos[w] ?? 0);
          }
          const [wRe, wIm] = [this.#cos[p * k * step] ?? 0, this.#sin[p * k * step] ?? 0];
          const to = q + stride * (radix * p + k);
          outRe[to] = sumRe * wRe - sumIm * wIm;
          outIm[to] = sumRe * wIm + sumIm * wRe;
        }
      }
    }
  }

  #separate([first, second]: readonly [Float64Array, Float64Array]): void {
    const { re, im } = this.#from;
    for (let k = 0; k <= this.#length / 2; k++) {
      const mirror = (this.#length - k) % this.#length;
      const [sumRe, difIm] = [(re[k] ?? 0) + (re[mirror] ?? 0), (im[k] ?? 0) - (im[mirror] ?? 0)];
      const [difRe, sumIm] = [(re[k] ?? 0) - (re[mirror] ?? 0), (im[k] ?? 0) + (im[mirror] ?? 0)];
      first[k] = (sumRe * sumRe + difIm * difIm) / 4;
      second[k] = (difRe * difRe + sumIm * sumIm) / 4;
    }
  }
}

function stageOf(radix: number): Stage {
  const turn = (index: number) => (-2 * Math.PI * ((index % radix) * Math.floor(index / radix))) / radix;
  const length = radix * radix;
  return {
    radix,
    cos: Float64Array.from({ length }, (_, index) => Math.cos(turn(index))),
    sin: Float64Array.from({ length }, (_, index) => Math.sin(turn(index))),
    part: { re: new Float64Array(radix), im: new Float64Array(radix) },
  };
}

function radicesOf(length: number): number[] {
  const radices: number[] = [];
  let rest = length;
  for (const prime of PRIMES) {
    while (rest > 1 && rest % prime === 0) {
      radices.push(prime);
      rest /= prime;
    }
  }
  if (rest !== 1) throw new RangeError(`a transform of ${length} samples is not implemented`);
  return radices;
}
