import { SAMPLES_PER_MS } from './units.js';

/** Length (ms) of a hop: short enough to place the end of a sound, long enough for a period of a deep voice to matter little. */
const HOP_MS = 4;
const HOP_SAMPLES = HOP_MS * SAMPLES_PER_MS;
/** What is kept: more than a model may be behind by (`maxQueuedMs`) and an end is looked for in. */
const HOPS = 4096;

/** How loud the newest seconds were, hop by hop. Levels are peaks (0..1), times ms on the media clock. */
export class LevelTrack {
  readonly #peaks = new Float32Array(HOPS);
  readonly #ends = new Float64Array(HOPS);
  #count = 0;

  /** @param pcm 16 kHz mono; its last hop may be shorter */
  push(pcm: Float32Array, ptsMs: number): void {
    for (let from = 0; from < pcm.length; from += HOP_SAMPLES) {
      const to = Math.min(from + HOP_SAMPLES, pcm.length);
      let peak = 0;
      for (let at = from; at < to; at++) peak = Math.max(peak, Math.abs(pcm[at] ?? 0));
      const slot = this.#count++ % HOPS;
      this.#peaks[slot] = peak;
      this.#ends[slot] = ptsMs + to / SAMPLES_PER_MS;
    }
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** The loudest peak of the hops that end in `(fromMs, toMs]`; 0 where there are none. */
  peak(fromMs: number, toMs: number): number {
    let peak = 0;
    for (const slot of this.#newestFirst(fromMs, toMs)) peak = Math.max(peak, this.#peaks[slot] ?? 0);
    return peak;
  }

  /** The effective value of the peaks of the hops that end in `(fromMs, toMs]`: it hangs on no single one. 0 where there are none. */
  level(fromMs: number, toMs: number): number {
    let [sum, hops] = [0, 0];
    for (const slot of this.#newestFirst(fromMs, toMs)) {
      sum += (this.#peaks[slot] ?? 0) ** 2;
      hops += 1;
    }
    return hops === 0 ? 0 : Math.sqrt(sum / hops);
  }

  /**
   * The end of the last two hops in succession that are louder than `level` and end in `(fromMs, toMs]`; null where there
   * are none. Noise has single peaks; sounds last.
   */
  lastAbove(level: number, fromMs: number, toMs: number): number | null {
    let endMs: number | null = null;
    for (const slot of this.#newestFirst(fromMs, toMs)) {
      const above = (this.#peaks[slot] ?? 0) > level;
      if (above && endMs !== null) return endMs;
      endMs = above ? (this.#ends[slot] ?? null) : null;
    }
    return null;
  }

  *#newestFirst(fromMs: number, toMs: number): Generator<number> {
    for (let at = this.#count - 1; at >= Math.max(0, this.#count - HOPS); at--) {
      const end = this.#ends[at % HOPS] ?? 0;
      if (end <= fromMs) return;
      if (end <= toMs) yield at % HOPS;
    }
  }
}
