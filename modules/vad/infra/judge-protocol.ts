import type { JudgeModels, Judgement } from '../core/judge/judgement.js';

/** Paths of the models; null: that one is not asked. */
export interface JudgeWorkerData {
  readonly smartTurn: string | null;
  readonly yamnet: string | null;
}

export type ToJudgeWorker =
  | {
      readonly t: 'judge';
      readonly id: number;
      readonly pcm: Float32Array<ArrayBuffer>;
      readonly wanted: JudgeModels;
    }
  /** Its judgement is of no interest any more. */
  | { readonly t: 'void'; readonly id: number }
  | { readonly t: 'ping' }
  /** Frees the models and ends the thread. */
  | { readonly t: 'drain' };

export type FromJudgeWorker =
  | { readonly t: 'ready' }
  | { readonly t: 'pong' }
  | { readonly t: 'judged'; readonly id: number; readonly judgement: Judgement; readonly runMs: number };
