import type { VadModel } from './model-port.js';

/** A window that waits for its run. */
export interface WindowJob {
  readonly stream: number;
  /** `windowSamples` samples. */
  readonly pcm: Float32Array;
  /** The audio does not continue the stream's last window: forget its context and state first. */
  readonly reset: boolean;
}

/** Results of one stream come in the order in which its windows were pushed. */
export interface WindowResult {
  readonly stream: number;
  readonly p: number;
}

interface StreamRow {
  readonly waiting: WindowJob[];
  readonly input: Float32Array;
  readonly state: Float32Array;
}

/**
 * Puts waiting windows of many streams into one run and keeps each stream's context and recurrent state between runs.
 * A stream is known from its first window on and forgotten at `close`; both are safe while a run is under way.
 */
export class WindowBatcher {
  readonly #rows = new Map<number, StreamRow>();
  /** Streams with waiting windows, the longest unserved first. */
  readonly #ready = new Map<number, StreamRow>();
  readonly #model: VadModel;
  readonly #maxBatch: number;

  constructor(model: VadModel, maxBatch: number) {
    this.#model = model;
    this.#maxBatch = maxBatch;
  }

  get streams(): number {
    return this.#rows.size;
  }

  get idle(): boolean {
    return this.#ready.size === 0;
  }

  push(job: WindowJob): void {
    const row = this.#rows.get(job.stream) ?? this.#open(job.stream);
    row.waiting.push(job);
    this.#ready.set(job.stream, row);
  }

  close(stream: number): void {
    this.#rows.delete(stream);
    this.#ready.delete(stream);
  }

  /** Runs one window of each ready stream, `maxBatch` at most. Must not be called while a step is under way. */
  async step(): Promise<WindowResult[]> {
    const batch = this.#take();
    if (batch.length === 0) return [];
    const probabilities = await this.#model.run(batch.map(([, row]) => row));
    const results: WindowResult[] = [];
    batch.forEach(([stream, row], i) => {
      this.#keepContext(row);
      // A stream that was closed during the run has no row any more, and nobody waits for its result.
      if (this.#rows.get(stream) === row) results.push({ stream, p: probabilities[i] ?? 0 });
    });
    return results;
  }

  #open(stream: number): StreamRow {
    const { contextSamples, windowSamples, stateFloats } = this.#model;
    const row: StreamRow = {
      waiting: [],
      input: new Float32Array(contextSamples + windowSamples),
      state: new Float32Array(stateFloats),
    };
    this.#rows.set(stream, row);
    return row;
  }

  #take(): [number, StreamRow][] {
    const batch: [number, StreamRow][] = [];
    for (const [stream, row] of [...this.#ready].slice(0, this.#maxBatch)) {
      this.#ready.delete(stream);
      const job = row.waiting.shift();
      if (!job) continue;
      if (job.reset) {
        row.input.fill(0);
        row.state.fill(0);
      }
      row.input.set(job.pcm, this.#model.contextSamples);
      batch.push([stream, row]);
      // Back to the end of the line, so that a burst on one stream cannot starve the others.
      if (row.waiting.length > 0) this.#ready.set(stream, row);
    }
    return batch;
  }

  #keepContext(row: StreamRow): void {
    row.input.copyWithin(0, this.#model.windowSamples);
  }
}
