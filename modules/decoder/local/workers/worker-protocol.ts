import type {
  AppendReceipt,
  Checkpoint,
  EarTold,
  ErrorCode,
  EvictOptions,
  GenEvent,
  Segment,
} from '#modules/contracts';
import type { LogEntry } from '../../core/context/log-entry.js';
import type { GenerationRequest, Removed } from '../../core/session/session-host.js';
import type { ShedLimits } from '../../core/scheduling/scheduler-policy.js';
import type { AnyModelFolder } from '../onnx/load-folder.js';

/** What an engine worker starts with. */
export interface EngineWorkerData {
  readonly folder: AnyModelFolder;
  /** For one run. */
  readonly threads: number;
  readonly shedLimits: ShedLimits;
}

/** Requests by kind: what is asked, and what `done` brings. `seq` numbers what a session's journal records. */
export interface Requests {
  open: { ask: { system: string; budgetTokens: number | null }; reply: Checkpoint };
  append: { ask: { seq: number; segment: Segment; priority: 'commit' | 'background' }; reply: AppendReceipt };
  mark: { ask: { seq: number }; reply: Checkpoint };
  rollback: { ask: { seq: number; to: Checkpoint }; reply: Checkpoint };
  generate: { ask: { request: GenerationRequest }; reply: null };
  accept: { ask: { seq: number; genId: string; keepTokens: number | null }; reply: Checkpoint };
  evict: { ask: { seq: number } & EvictOptions; reply: Removed };
  redact: { ask: { seq: number; ids: readonly string[] }; reply: Removed };
  /** What the ear tells of a sound that is no part of the context. */
  judge: { ask: { pcm: Float32Array }; reply: EarTold };
  cut: { ask: { seq: number; genId: string; keepTokens: number }; reply: Removed };
  /** Puts back an entry of a lost session's log, and computes it. Never shed. `next`: position id of what comes behind. */
  restore: {
    ask: { seq: number; entry: LogEntry; next: number; priority: 'commit' | 'background' };
    reply: Checkpoint;
  };
  /** Answered when nothing is computed for the session any more. */
  settled: { ask: object; reply: null };
  close: { ask: object; reply: null };
}

export type RequestKind = keyof Requests;

export type Request = {
  [K in RequestKind]: { readonly t: K; readonly id: number; readonly session: number } & Requests[K]['ask'];
}[RequestKind];

export type ToEngineWorker =
  | Request
  /** Ends the request `id`, an append or a generation; what is too late is ignored. */
  | { readonly t: 'abort'; readonly id: number }
  /** Finish what is under way, at most for `drainMs`; then free the model and end. */
  | { readonly t: 'shutdown'; readonly drainMs: number };

/** Are you there? Answered between two runs of the model. */
export interface Ping {
  readonly t: 'ping';
}

export type FromEngineWorker =
  | { readonly t: 'ready' }
  | { readonly t: 'pong' }
  | {
      readonly t: 'unloadable';
      readonly code: ErrorCode;
      readonly message: string;
      readonly param: string | null;
    }
  | { readonly t: 'done'; readonly id: number; readonly value: Requests[RequestKind]['reply'] }
  | {
      readonly t: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly param: string | null;
    }
  | { readonly t: 'event'; readonly id: number; readonly event: GenEvent };
