import type { ClientIce } from '../ice/ice-servers.js';
import type { Lifecycle } from '../lifecycle/lifecycle.js';
import type { Tracing } from '../telemetry/tracing/tracing.js';
import type { BudgetLimits } from './core/admission/limits.js';
import type { CallEnvironment } from './call-options.js';
import type { Pause } from './pause.js';
import type { Tapes } from './tape.js';

/** Bounds of a call. */
export interface CallLimits {
  /** Longest time that a call is open (ms). */
  readonly maxCallMs: number;
  /** How far ahead of real time audio may be appended (ms). */
  readonly audioAheadMs: number;
  /** How long a call is kept whose client's connection is lost (ms); 0: it is not. */
  readonly resumeWindowMs: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  maxCallMs: 24 * 3_600_000,
  audioAheadMs: 60_000,
  resumeWindowMs: 60_000,
};

/** What the calls of the process share, and the one thing that concerns them all. */
export interface CallsEnvironment extends CallEnvironment {
  readonly lifecycle: Lifecycle;
  /** What is left out has its default. */
  readonly limits?: Partial<CallLimits>;
  /** Of all calls together; what is left out has its default. */
  readonly budgets?: Partial<BudgetLimits>;
  /** What clients are told for their ICE; left out: nothing. */
  readonly ice?: ClientIce;
  /** Left out: there are no traces. */
  readonly tracing?: Tracing;
  /** Milliseconds since 1970. Left out: the system's. */
  readonly epochMs?: () => number;
  /** Left out: by timers. */
  readonly pause?: Pause;
  /** Makes records of calls; left out: none are made. */
  readonly tapes?: Tapes | undefined;
}

/** Injection token of a `CallsEnvironment`. */
export const CALL_ENVIRONMENT = Symbol('CALL_ENVIRONMENT');
