/** Of a list of measurements, in their unit; null where there are none. */
export interface Summary {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

export function summarize(values: readonly number[]): Summary {
  return { p50: percentile(values, 50), p95: percentile(values, 95), max: percentile(values, 100) };
}

/** The nearest-rank percentile: always one of the values, so that few of them are not interpolated into others. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? null;
}

/** Normal quantile of a two-sided 95 % interval. */
const Z = 1.959964;

/** Wilson's 95 % interval of a proportion: unlike the normal one, it holds near 0 and 1 and for small `n`. */
export function wilson(successes: number, n: number): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const p = successes / n;
  const scale = 1 + Z ** 2 / n;
  const centre = (p + Z ** 2 / (2 * n)) / scale;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2))) / scale;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Area under the ROC curve: how often a positive scores higher than a negative, ties counting half. Null where either is missing.
 */
export function auc(positives: readonly number[], negatives: readonly number[]): number | null {
  if (positives.length === 0 || negatives.length === 0) return null;
  const groups = Map.groupBy(
    [
      ...positives.map((score) => ({ score, positive: true })),
      ...negatives.map((score) => ({ score, positive: false })),
    ],
    ({ score }) => score,
  );
  let below = 0;
  let wins = 0;
  for (const [, tied] of [...groups].toSorted(([a], [b]) => a - b)) {
    const positive = tied.filter((one) => one.positive).length;
    const negative = tied.length - positive;
    wins += positive * (below + negative / 2);
    below += negative;
  }
  return wins / (positives.length * negatives.length);
}
