import type { VadModelName } from './options.js';

/** One stream's part of a batched run. */
export interface ModelRow {
  /** `contextSamples + windowSamples` samples: the tail of the previous window, then the new one. */
  readonly input: Float32Array;
  /** `stateFloats` floats of recurrent state; zeros at the start of a stream. `run` writes the new state back here. */
  readonly state: Float32Array;
}

/**
 * A speech model that scores one window of many streams in one run. Rows are independent of each other: a batched run
 * gives what single runs would give.
 */
export interface VadModel extends VadModelShape {
  /** @returns one speech probability (0..1) a row, in the order of `rows`. */
  run(rows: readonly ModelRow[]): Promise<Float32Array>;
  release(): Promise<void>;
}

export interface VadModelShape {
  /** New samples (16 kHz) a window. */
  readonly windowSamples: number;
  /** Samples of the previous window that are put before each window. */
  readonly contextSamples: number;
  /** Floats of recurrent state a stream. */
  readonly stateFloats: number;
}

/**
 * Silero v6 needs its 64 samples of context: without them the end of speech comes 300 ms late.
 * The legacy model (Silero v4) has none.
 */
export const MODEL_SHAPES: Readonly<Record<VadModelName, VadModelShape>> = {
  v6: { windowSamples: 512, contextSamples: 64, stateFloats: 2 * 128 },
  legacy: { windowSamples: 1536, contextSamples: 0, stateFloats: 2 * 2 * 64 },
};
