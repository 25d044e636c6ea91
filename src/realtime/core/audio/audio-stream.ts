import type { AudioFormat } from '@vis-a-vis/protocol';
import { SAMPLE_RATE } from '#modules/contracts';
import { Resampler } from './resampler.js';
import { bytesPerSample, rateOf, toSamples } from './samples.js';

/** A stream of bytes in one format, as samples at 16 kHz. Cuts may be anywhere, also inside of a sample. */
export class AudioStream {
  readonly #format: AudioFormat;
  #resampler: Resampler | null;
  #rest = new Uint8Array(0);

  constructor(format: AudioFormat) {
    this.#format = format;
    this.#resampler = resamplerFor(format);
  }

  push(bytes: Uint8Array): Float32Array {
    const all = this.#rest.length > 0 ? joined(this.#rest, bytes) : bytes;
    const whole = all.length - (all.length % bytesPerSample(this.#format));
    this.#rest = all.slice(whole);
    const samples = toSamples(all.subarray(0, whole), this.#format);
    return this.#resampler ? this.#resampler.push(samples) : samples;
  }

  /** The last samples, for which the filter would have waited. More may follow. */
  flush(): Float32Array {
    return this.#resampler?.flush() ?? new Float32Array(0);
  }

  /** What follows has nothing to do with what came. */
  clear(): void {
    this.#rest = new Uint8Array(0);
    this.#resampler = resamplerFor(this.#format);
  }
}

/** A whole piece of audio. */
export function toPcm(bytes: Uint8Array, format: AudioFormat): Float32Array {
  const stream = new AudioStream(format);
  return joined(stream.push(bytes), stream.flush());
}

function resamplerFor(format: AudioFormat): Resampler | null {
  return rateOf(format) === SAMPLE_RATE ? null : new Resampler(rateOf(format));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer>;
function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer>;
function joined(a: Uint8Array | Float32Array, b: Uint8Array | Float32Array) {
  const out =
    a instanceof Uint8Array ? new Uint8Array(a.length + b.length) : new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
