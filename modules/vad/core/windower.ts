import { SAMPLES_PER_MS } from './units.js';

/** Audio whose timestamp is off by more than this (ms) does not continue what came before. */
export const MAX_GAP_MS = 100;

/** One window of consecutive samples for the model. */
export interface AudioWindow {
  readonly pcm: Float32Array;
  /** Session media clock (ms) of the first sample. */
  readonly ptsMs: number;
  /** Session media clock (ms) just after the last sample. */
  readonly endMs: number;
}

export interface WindowerOutput {
  readonly windows: readonly AudioWindow[];
  /** Set when the timestamps jumped: the samples that had not filled a window yet are gone. */
  readonly jump: { readonly discardedSamples: number } | null;
}

/**
 * Cuts chunks of any length into windows of a fixed one. Small timestamp errors (jitter, one missing packet) are taken as
 * they come: a window's times are those of the chunks its first and last samples came in. A jump starts anew.
 */
export class Windower {
  readonly #windowSamples: number;
  #partial: Float32Array;
  #filled = 0;
  #startMs = 0;
  #nextPtsMs: number | null = null;

  constructor(windowSamples: number) {
    this.#windowSamples = windowSamples;
    this.#partial = new Float32Array(windowSamples);
  }

  push(pcm: Float32Array, ptsMs: number): WindowerOutput {
    const jump = this.#jumpTo(ptsMs);
    const windows: AudioWindow[] = [];
    let read = 0;
    while (read < pcm.length) {
      if (this.#filled === 0) this.#startMs = ptsMs + read / SAMPLES_PER_MS;
      const take = Math.min(this.#windowSamples - this.#filled, pcm.length - read);
      this.#partial.set(pcm.subarray(read, read + take), this.#filled);
      this.#filled += take;
      read += take;
      if (this.#filled < this.#windowSamples) break;
      windows.push({ pcm: this.#partial, ptsMs: this.#startMs, endMs: ptsMs + read / SAMPLES_PER_MS });
      // The window's buffer is given away (it is transferred to the worker), so the next one gets its own.
      this.#partial = new Float32Array(this.#windowSamples);
      this.#filled = 0;
    }
    this.#nextPtsMs = ptsMs + pcm.length / SAMPLES_PER_MS;
    return { windows, jump };
  }

  #jumpTo(ptsMs: number): WindowerOutput['jump'] {
    if (this.#nextPtsMs === null || Math.abs(ptsMs - this.#nextPtsMs) <= MAX_GAP_MS) return null;
    const discardedSamples = this.#filled;
    this.#filled = 0;
    return { discardedSamples };
  }
}
