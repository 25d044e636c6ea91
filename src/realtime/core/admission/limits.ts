/** What calls may use together, and what each is given where that is enough. null: no bound of its own. */
export interface BudgetLimits {
  /** Calls; the engine's own bound holds as well. */
  readonly maxCalls: number | null;
  /** Tokens in the KV caches of all calls. */
  readonly maxKvTokens: number | null;
  /** Resident memory of the process. */
  readonly maxMemoryBytes: number | null;
  /** How long frames may wait until they are attended (ms), on average of the calls that show their camera. */
  readonly maxFrameLagMs: number | null;
  /** How long answers may take to their first token (ms), on average of the calls that were answered lately. */
  readonly maxAnswerLagMs: number | null;
  /** How long nothing may be short before more is given again (ms). */
  readonly recoverMs: number;
  readonly frameIntervalMs: number;
  readonly maxFrames: number;
}
