/** What may run out. */
export type Budget = 'engine_time' | 'kv_tokens' | 'memory';

/** How much is given to calls, from all to nothing for new ones. */
export type Rung = 'full' | 'frame_rate' | 'resolution' | 'window' | 'refuse';

/** Use of each budget: 1 is all of it; what is left out has no bound. */
export type Pressure = Readonly<Partial<Record<Budget, number>>>;

/** At or below this a budget counts as calm again. Memory that was used once is given back late, if at all. */
const CALM: Readonly<Record<Budget, number>> = { engine_time: 0.6, kv_tokens: 0.85, memory: 0.92 };

export interface LadderOptions {
  /** In their order, from `full` to `refuse`. */
  readonly rungs: readonly Rung[];
  /** How long (ms) a budget is used up before a step is taken. */
  readonly holdMs: number;
  /** How long (ms) all of them are calm before a step is taken back. */
  readonly recoverMs: number;
}

/** The step that was taken. `reason`: what ran out; null: nothing does any more. */
export interface Step {
  readonly rung: Rung;
  readonly reason: Budget | null;
}

/**
 * What is given up where a budget is used up, step by step, and taken back in the same order. A step up takes less time than one
 * down, and between used up and calm nothing changes, so that the rung does not swing with what it leads to.
 */
export class Ladder {
  readonly #options: LadderOptions;
  #index = 0;
  #reason: Budget | null = null;
  /** Since when a budget is used up, or all are calm (ms); null: it is not so. */
  #tightSinceMs: number | null = null;
  #calmSinceMs: number | null = null;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  get rung(): Rung {
    return this.#options.rungs[this.#index] ?? 'full';
  }

  /** Of how many steps it is. */
  get index(): number {
    return this.#index;
  }

  /** What ran out last; null: nothing is given up. */
  get reason(): Budget | null {
    return this.#reason;
  }

  /** @returns the step that is taken; null: none is */
  measure(pressure: Pressure, nowMs: number): Step | null {
    const used = (Object.keys(CALM) as Budget[]).map((budget) => ({ budget, use: pressure[budget] ?? 0 }));
    const worst = used.reduce((one, other) => (other.use > one.use ? other : one));
    if (worst.use >= 1) return this.#up(worst.budget, nowMs);
    this.#tightSinceMs = null;
    if (used.every(({ budget, use }) => use <= CALM[budget])) return this.#down(nowMs);
    this.#calmSinceMs = null;
    return null;
  }

  /** When it is worth to ask again (s), at the soonest. */
  retryAfterS(nowMs: number): number {
    const { recoverMs } = this.#options;
    const leftMs = this.#calmSinceMs === null ? recoverMs : recoverMs - (nowMs - this.#calmSinceMs);
    return Math.max(1, Math.ceil(leftMs / 1000));
  }

  #up(budget: Budget, nowMs: number): Step | null {
    this.#calmSinceMs = null;
    this.#tightSinceMs ??= nowMs;
    if (this.#index >= this.#options.rungs.length - 1) return null;
    if (nowMs - this.#tightSinceMs < this.#options.holdMs) return null;
    this.#tightSinceMs = nowMs;
    this.#index += 1;
    this.#reason = budget;
    return { rung: this.rung, reason: budget };
  }

  #down(nowMs: number): Step | null {
    this.#calmSinceMs ??= nowMs;
    if (this.#index === 0 || nowMs - this.#calmSinceMs < this.#options.recoverMs) return null;
    this.#calmSinceMs = nowMs;
    this.#index -= 1;
    if (this.#index === 0) this.#reason = null;
    return { rung: this.rung, reason: this.#reason };
  }
}
