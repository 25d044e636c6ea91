import type { WindowJob, WindowResult } from '../core/batcher.js';
import type { VadModelName } from '../core/options.js';

export interface VadWorkerData {
  readonly model: VadModelName;
  readonly maxBatch: number;
}

export type ToVadWorker =
  | ({ readonly t: 'window' } & WindowJob)
  | { readonly t: 'close_stream'; readonly stream: number }
  /** Answered by `pong` as soon as no run is under way. */
  | { readonly t: 'ping' }
  /** Scores what waits, frees the model and ends the thread. */
  | { readonly t: 'drain' };

export type FromVadWorker =
  | { readonly t: 'ready' }
  | { readonly t: 'pong' }
  /** One run; `runMs` is what it took on the worker. */
  | { readonly t: 'results'; readonly results: readonly WindowResult[]; readonly runMs: number };
