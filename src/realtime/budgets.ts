import { VisavisError, type Clock, type EngineCaps } from '#modules/contracts';
import type { ConversationLoad } from '#modules/conversation';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { BudgetLimits } from './core/admission/limits.js';
import { Ladder, type Pressure } from './core/admission/ladder.js';
import { cameraOf, rungsOf, type Level } from './core/admission/level.js';

export const DEFAULT_BUDGETS: BudgetLimits = {
  maxCalls: null,
  maxKvTokens: null,
  maxMemoryBytes: null,
  maxFrameLagMs: 2000,
  maxAnswerLagMs: null,
  recoverMs: 10_000,
  frameIntervalMs: 1000,
  maxFrames: 48,
};

/** How long a budget is used up before less is given (ms). */
const HOLD_MS = 2000;
/** How soon a place may be free again, where every one is taken (s). */
const PLACE_RETRY_S = 2;

export interface BudgetSources {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Known once the engine is loaded. */
  caps(): EngineCaps;
  /** Of the calls that are open. */
  loads(): readonly ConversationLoad[];
  /** Resident memory. */
  memoryBytes(): number;
}

/** Measures what calls use, and says what they are given. */
export class Budgets {
  readonly #limits: BudgetLimits;
  readonly #sources: BudgetSources;
  /** Made with the first measurement: the engine is loaded by then. */
  #ladder: Ladder | null = null;

  constructor(limits: Partial<BudgetLimits>, sources: BudgetSources) {
    this.#limits = { ...DEFAULT_BUDGETS, ...limits };
    this.#sources = sources;
  }

  /** Calls that may be open at once. */
  get places(): number {
    return Math.min(this.#sources.caps().maxSessions, this.#limits.maxCalls ?? Infinity);
  }

  /** What calls are given now. */
  get level(): Level {
    const { frameIntervalMs, maxFrames } = this.#limits;
    const caps = this.#sources.caps();
    const rung = this.#ladder?.rung ?? 'full';
    const full = { frameIntervalMs, maxFrames, frameSize: caps.frameSize };
    const camera = cameraOf(rung, full, caps.smallerFrames ?? false);
    return { rung, reason: this.#ladder?.reason ?? null, camera };
  }

  /** To be called about once a second. @returns what calls are given from now on; null: as before */
  measure(): Level | null {
    const { clock, metrics, logger } = this.#sources;
    this.#ladder ??= new Ladder({
      rungs: rungsOf(this.#sources.caps().smallerFrames ?? false),
      holdMs: HOLD_MS,
      recoverMs: this.#limits.recoverMs,
    });
    const pressure = this.#pressure();
    for (const [budget, use] of Object.entries(pressure)) metrics.pressure(budget, use);
    const before = this.#ladder.index;
    const step = this.#ladder.measure(pressure, clock.nowMs());
    if (step === null) return null;
    metrics.rung(this.#ladder.index);
    if (this.#ladder.index > before) logger.warn({ ...step, pressure }, 'calls are given less');
    else logger.info(step, 'calls are given more again');
    return this.level;
  }

  /** Nothing is left to be given less of: no call is taken. */
  get refuses(): boolean {
    return this.#ladder?.rung === 'refuse';
  }

  /** Why no call is taken now; null: one is, if there is a place. */
  refusal(): VisavisError | null {
    const ladder = this.#ladder;
    if (!ladder || !this.refuses) return null;
    const retryAfterS = ladder.retryAfterS(this.#sources.clock.nowMs());
    return this.#refused(
      'No more calls are taken: what there are use all there is.',
      ladder.reason,
      retryAfterS,
    );
  }

  everyPlaceTaken(): VisavisError {
    return this.#refused('Every place is taken.', 'calls', PLACE_RETRY_S);
  }

  #refused(message: string, reason: string | null, retryAfterS: number): VisavisError {
    this.#sources.metrics.refusedFor(reason ?? 'calls');
    return new VisavisError('capacity', message, reason, { retryAfterS });
  }

  #pressure(): Pressure {
    const { maxKvTokens, maxMemoryBytes, maxFrameLagMs, maxAnswerLagMs } = this.#limits;
    const loads = this.#sources.loads();
    const engine = [
      share(mean(loads.map(({ frameLagMs }) => frameLagMs)), maxFrameLagMs),
      share(mean(loads.map(({ answerLagMs }) => answerLagMs)), maxAnswerLagMs),
    ].filter((use) => use !== null);
    const tokens = loads.reduce((sum, load) => sum + load.tokens, 0);
    const kv = share(tokens, maxKvTokens);
    const memory = maxMemoryBytes === null ? null : share(this.#sources.memoryBytes(), maxMemoryBytes);
    return {
      ...(engine.length > 0 && { engine_time: Math.max(...engine) }),
      ...(kv !== null && { kv_tokens: kv }),
      ...(memory !== null && { memory }),
    };
  }
}

function share(used: number, limit: number | null): number | null {
  return limit === null ? null : used / limit;
}

/** Of those that are known; 0 where none is. */
function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
}
