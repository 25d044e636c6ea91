import type { WindowJob, WindowResult } from '../core/batcher.js';
import type { VadModelName } from '../core/options.js';

export interface VadWorkerData {
  readonly model: VadModelName;
  readonly maxBatch: number;
}

/** Windows in the order in which they were cut, in one piece. */
export interface WindowBlock {
  readonly streams: Int32Array;
  /** Not 0: see `WindowJob.reset`. */
  readonly resets: Uint8Array;
  /** `windowSamples` samples a window. */
  readonly pcm: Float32Array;
}

export type ToVadWorker =
  | ({ readonly t: 'windows' } & WindowBlock)
  | { readonly t: 'close_stream'; readonly stream: number }
  /** Answered by `pong` as soon as no run is under way. */
  | { readonly t: 'ping' }
  /** Scores what waits, frees the model and ends the thread. */
  | { readonly t: 'drain' };

/** Puts windows into one piece. @param jobs at least one; all of one length */
export function blockOf(jobs: readonly WindowJob[]): WindowBlock {
  const samples = jobs[0]?.pcm.length ?? 0;
  const pcm = new Float32Array(jobs.length * samples);
  jobs.forEach((job, n) => pcm.set(job.pcm, n * samples));
  return {
    streams: Int32Array.from(jobs, ({ stream }) => stream),
    resets: Uint8Array.from(jobs, ({ reset }) => (reset ? 1 : 0)),
    pcm,
  };
}

export function jobsIn({ streams, resets, pcm }: WindowBlock): WindowJob[] {
  const samples = pcm.length / streams.length;
  return Array.from(streams, (stream, n) => ({
    stream,
    reset: resets[n] !== 0,
    pcm: pcm.subarray(n * samples, (n + 1) * samples),
  }));
}

export type FromVadWorker =
  | { readonly t: 'ready' }
  | { readonly t: 'pong' }
  /** One run; `runMs` is what it took on the worker. */
  | { readonly t: 'results'; readonly results: readonly WindowResult[]; readonly runMs: number };
