/** What happened last, on the gateway's clock (ms); null: it has not happened. */
export interface VisualHistory {
  readonly probedAtMs: number | null;
  readonly spokeAtMs: number | null;
}

/** How often the model may be asked whether it would speak; ms. */
export interface VisualPace {
  readonly probeIntervalMs: number;
  readonly cooldownMs: number;
}

/** Whether a frame that came in idle time is worth asking about: not too often, and not on the heels of a remark. */
export function mayProbe(history: VisualHistory, pace: VisualPace, atMs: number): boolean {
  const { probedAtMs, spokeAtMs } = history;
  if (probedAtMs !== null && atMs - probedAtMs < pace.probeIntervalMs) return false;
  return spokeAtMs === null || atMs - spokeAtMs >= pace.cooldownMs;
}
