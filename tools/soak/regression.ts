/** A value at a time. */
export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** Beyond this many samples, medians of neighbours take their place: the work grows with the square. */
const MOST = 600;

/**
 * Theil and Sen's slope: the median of the slopes between all pairs. A burst that comes and goes does not move it, which it would by least
 * squares.
 * @returns value per minute; null of fewer than two times
 */
export function slopePerMinute(samples: readonly Sample[]): number | null {
  const points = thinned(samples);
  const slopes: number[] = [];
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) {
      if (b.atMs !== a.atMs) slopes.push((b.value - a.value) / (b.atMs - a.atMs));
    }
  });
  const slope = median(slopes);
  return slope === null ? null : slope * 60_000;
}

/** Between the middle two where their number is even; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = Float64Array.from(values).sort();
  const high = sorted[sorted.length >> 1];
  if (high === undefined) return null;
  const low = sorted[(sorted.length - 1) >> 1] ?? high;
  return (low + high) / 2;
}

function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= MOST) return samples;
  const size = Math.ceil(samples.length / MOST);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => {
    const group = samples.slice(i * size, (i + 1) * size);
    return {
      atMs: median(group.map(({ atMs }) => atMs)) ?? 0,
      value: median(group.map(({ value }) => value)) ?? 0,
    };
  });
}
