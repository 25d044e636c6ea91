import { SAMPLE_RATE, type AudioFrame } from '#modules/contracts';

const SAMPLES_PER_MS = SAMPLE_RATE / 1000;

interface Chunk {
  readonly pcm: Float32Array;
  readonly startMs: number;
  readonly endMs: number;
  readonly arrivedAtMs: number;
}

/** The newest microphone audio, by media time: runs of it can be cut out until they are trimmed away. */
export class PcmBuffer {
  #chunks: Chunk[] = [];

  /** @returns the span of the frame; ms on the media clock. */
  push(frame: AudioFrame): { startMs: number; endMs: number } {
    const { pcm, ptsMs: startMs, arrivedAtMs } = frame;
    const endMs = startMs + pcm.length / SAMPLES_PER_MS;
    this.#chunks.push({ pcm, startMs, endMs, arrivedAtMs });
    return { startMs, endMs };
  }

  /** The audio of a span; silence where none came. */
  cut(fromMs: number, toMs: number): Float32Array {
    const run = new Float32Array(Math.max(0, samples(toMs) - samples(fromMs)));
    for (const { pcm, startMs } of this.#chunks) {
      const offset = samples(startMs) - samples(fromMs);
      const part = pcm.subarray(Math.max(0, -offset), Math.max(0, run.length - offset));
      if (part.length > 0 && offset < run.length) run.set(part, Math.max(0, offset));
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
}

function samples(ms: number): number {
  return Math.round(ms * SAMPLES_PER_MS);
}
