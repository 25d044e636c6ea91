import type { Checkpoint } from '#modules/contracts';
import type { ModelHost } from './context-runner.js';
import type { ShedLimits } from '../scheduling/scheduler-policy.js';

/** What the sessions of one worker share. */
export interface SessionHost extends ModelHost {
  readonly shedLimits: ShedLimits;
  /** Background appends that wait, in all sessions together. */
  readonly backlog: { waiting: number };
}

export interface GenerationRequest {
  readonly genId: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  /** Default `commit`. */
  readonly priority?: 'commit' | 'background';
}

/** What an eviction or a redaction took out. */
export interface Removed {
  readonly at: Checkpoint;
  /** Tokens. */
  readonly freed: number;
  /** Ids of the segments and accepted answers that are gone, in their order. */
  readonly dropped: readonly string[];
}

/** An operation that the journal records: the owner's number of it. Numbers rise, and none is used twice. */
export interface Numbered {
  readonly seq: number;
}
