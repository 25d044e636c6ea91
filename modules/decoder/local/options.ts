import type { ShedLimits } from '../core/scheduling/scheduler-policy.js';

/** Settings of the local engine. */
export interface DecoderOptions {
  /** The model folder. */
  readonly modelFolder: string;
  /** Engine workers, each with its own copy of the weights. Default 1. */
  readonly workers?: number;
  /** Threads of one run. Default 1; `floor(cores / workers)` makes a lone session quicker and many of them slower. */
  readonly threads?: number;
  /** Sessions open at once, in all workers together. Default 32. */
  readonly maxSessions?: number;
  /** How many background frames may wait before more are shed. Default 2 in a session, 16 in a worker. */
  readonly shedLimits?: ShedLimits;
  /** An engine worker that does not answer for this long (ms) is stuck, and is replaced. Default 5000. */
  readonly stallMs?: number;
  /**
   * How long (ms) operations wait until their session is rebuilt after the loss of its worker; then they fail with
   * `engine_restarting`, and the rebuild goes on. Default 3000.
   */
  readonly recoveryMs?: number;
  /** Time (ms) that open operations get when the application ends. Default 2000. */
  readonly drainMs?: number;
}

export const DEFAULT_OPTIONS = {
  workers: 1,
  threads: 1,
  maxSessions: 32,
  shedLimits: { perSession: 2, perWorker: 16 },
  stallMs: 5000,
  recoveryMs: 3000,
  drainMs: 2000,
} as const satisfies Partial<DecoderOptions>;
