import { SAMPLE_RATE, type AudioFrame } from '#modules/contracts';

const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** Of sound, to begin with (samples): a second. */
const FIRST_CAPACITY = SAMPLE_RATE;

interface Chunk {
  /** Where its samples begin in the store, and how many there are. */
  at: number;
  readonly length: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly arrivedAtMs: number;
}

/**
 * The newest microphone audio, by media time: runs of it can be cut out until they are trimmed away. Samples are copied into one store:
 * frames that were kept for seconds would outlive V8's young generation, and lie in thousands of small blocks until its next full collection.
 */
export class PcmBuffer {
  #chunks: Chunk[] = [];
  #store = new Float32Array(FIRST_CAPACITY);
  /** Samples in the store up to the end of the newest chunk. */
  #end = 0;

  /** @param frame its samples are copied. @returns the span of the frame; ms on the media clock. */
  push(frame: AudioFrame): { startMs: number; endMs: number } {
    const { pcm, ptsMs: startMs, arrivedAtMs } = frame;
    const endMs = startMs + pcm.length / SAMPLES_PER_MS;
    if (this.#end + pcm.length > this.#store.length) this.#makeRoom(pcm.length);
    this.#store.set(pcm, this.#end);
    this.#chunks.push({ at: this.#end, length: pcm.length, startMs, endMs, arrivedAtMs });
    this.#end += pcm.length;
    return { startMs, endMs };
  }

  /** The audio of a span; silence where none came. */
  cut(fromMs: number, toMs: number): Float32Array {
    const run = new Float32Array(Math.max(0, samples(toMs) - samples(fromMs)));
    for (const { at, length, startMs } of this.#chunks) {
      const offset = samples(startMs) - samples(fromMs);
      const from = Math.max(0, -offset);
      const to = Math.min(length, run.length - offset);
      if (from < to) run.set(this.#store.subarray(at + from, at + to), offset + from);
    }
    return run;
  }

  /** When the packet arrived that holds the audio before `ms`; null: there is none. */
  arrivalOf(ms: number): number | null {
    return this.#chunks.findLast(({ startMs }) => startMs < ms)?.arrivedAtMs ?? null;
  }

  trimBefore(ms: number): void {
    const keep = this.#chunks.findIndex(({ endMs }) => endMs > ms);
    if (keep > 0) this.#chunks.splice(0, keep);
  }

  get durationMs(): number {
    const [first] = this.#chunks;
    return first ? (this.#chunks.at(-1)?.endMs ?? first.endMs) - first.startMs : 0;
  }

  /** What was trimmed away gives its place; where that is not half of the store, it grows. */
  #makeRoom(samplesMore: number): void {
    const begin = this.#chunks[0]?.at ?? this.#end;
    const held = this.#end - begin;
    const old = this.#store;
    if (2 * (held + samplesMore) > old.length) this.#store = new Float32Array(2 * (held + samplesMore));
    this.#store.set(old.subarray(begin, this.#end));
    for (const chunk of this.#chunks) chunk.at -= begin;
    this.#end = held;
  }
}

function samples(ms: number): number {
  return Math.round(ms * SAMPLES_PER_MS);
}
