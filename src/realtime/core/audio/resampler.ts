/** Rate that the engine hears at (Hz). */
const TARGET = 16_000;
/** Zero crossings of the sinc on each side: the band between what passes and what is stopped is some 500 Hz wide. */
const CROSSINGS = 32;
/** What passes, as a part of the lower of the two bands. */
const PASS = 0.95;

/** A low pass for one ratio: for each phase of an output sample between two input samples, the weights of those around it. */
interface Filter {
  /** Output sample n lies at input position n · step / phases. */
  readonly phases: number;
  readonly step: number;
  /** Input samples on each side. */
  readonly half: number;
  readonly weights: readonly Float32Array[];
}

const FILTERS = new Map<number, Filter>();

/**
 * A stream of samples at any rate, as one at 16 kHz: a windowed-sinc low pass, evaluated at the output's instants. However
 * the stream is cut into pieces, the output is the same; it has no delay but the filter's half length, which `flush` ends.
 */
export class Resampler {
  readonly #filter: Filter;
  /** Input from `#from` on that outputs to come still need. */
  #input = new Float32Array(0);
  #from = 0;
  #received = 0;
  #made = 0;

  /** @param rate of the input (Hz) */
  constructor(rate: number) {
    this.#filter = filterFor(rate);
  }

  push(samples: Float32Array): Float32Array {
    const { half } = this.#filter;
    this.#append(samples);
    return this.#make(this.#received - half);
  }

  /** What is left for which there is no input behind it: that is taken for silence. More may follow. */
  flush(): Float32Array {
    return this.#make(this.#received);
  }

  #append(samples: Float32Array): void {
    const joined = new Float32Array(this.#input.length + samples.length);
    joined.set(this.#input);
    joined.set(samples, this.#input.length);
    this.#input = joined;
    this.#received += samples.length;
  }

  /** All output that lies before `endOfInput` (a position of the input). */
  #make(endOfInput: number): Float32Array {
    const { phases, step, half, weights } = this.#filter;
    const end = Math.max(this.#made, Math.ceil((endOfInput * phases) / step));
    const out = new Float32Array(end - this.#made);
    for (let i = 0; i < out.length; i++) {
      const at = (this.#made + i) * step;
      const kernel = weights[at % phases];
      const first = Math.floor(at / phases) - half - this.#from;
      if (kernel) out[i] = dot(kernel, this.#input, first);
    }
    this.#made = end;
    this.#forget(Math.floor((end * step) / phases) - half);
    return out;
  }

  #forget(before: number): void {
    const count = Math.min(this.#input.length, Math.max(0, before - this.#from));
    this.#input = this.#input.slice(count);
    this.#from += count;
  }
}

/** Input before the first sample, and behind the last, is silence. */
function dot(kernel: Float32Array, input: Float32Array, first: number): number {
  let sum = 0;
  const end = Math.min(kernel.length, input.length - first);
  for (let k = Math.max(0, -first); k < end; k++) sum += (kernel[k] ?? 0) * (input[first + k] ?? 0);
  return sum;
}

function filterFor(rate: number): Filter {
  const known = FILTERS.get(rate);
  if (known) return known;
  const filter = makeFilter(rate);
  FILTERS.set(rate, filter);
  return filter;
}

function makeFilter(rate: number): Filter {
  const divisor = gcd(rate, TARGET);
  const phases = TARGET / divisor;
  const step = rate / divisor;
  /** Cycles an input sample. */
  const cutoff = (PASS * Math.min(rate, TARGET)) / 2 / rate;
  const half = Math.ceil(CROSSINGS / (2 * cutoff));
  const weights = Array.from({ length: phases }, (_, phase) => kernelAt(phase / phases, half, cutoff));
  return { phases, step, half, weights };
}

/** @param offset of the output behind its input sample, 0..1. The weights sum up to 1, so that a constant stays what it is */
function kernelAt(offset: number, half: number, cutoff: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * half + 1 }, (_, k) => {
    const x = k - half - offset;
    const window = Math.abs(x) >= half + 1 ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * x) / (half + 1));
    return window * (x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
