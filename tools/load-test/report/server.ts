import type { OpenCalls } from './loads.js';
import type { LoadReport } from './report.js';

/** What a server had used by then. */
export interface ServerSample {
  /** From the start of the run. */
  readonly atMs: number;
  /** Since the start of the server. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

const BYTES_PER_MB = 2 ** 20;

/** @param metrics in Prometheus' text form. @returns null where the server does not tell both */
export function readMetrics(metrics: string, atMs: number): ServerSample | null {
  const value = (name: string) => {
    const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  };
  const cpuSeconds = value('process_cpu_seconds_total');
  const rssBytes = value('process_resident_memory_bytes');
  if (cpuSeconds === null || rssBytes === null) return null;
  return { atMs, cpuSeconds, rssMb: rssBytes / BYTES_PER_MB };
}

/** Cores in use on average over the samples; null: there are too few. */
export function coresBetween(samples: readonly ServerSample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.atMs <= first.atMs) return null;
  return ((last.cpuSeconds - first.cpuSeconds) * 1000) / (last.atMs - first.atMs);
}

/** @returns null where it was not read twice while calls were open */
export function serverFigures(
  source: 'metrics' | 'proc',
  samples: readonly ServerSample[],
  open: OpenCalls,
): LoadReport['server'] {
  const busy = samples.filter(({ atMs }) => open.at(atMs) > 0);
  const cores = coresBetween(busy);
  const [first, last] = [busy[0], busy.at(-1)];
  if (cores === null || !first || !last) return null;
  const openCalls = open.mean(first.atMs, last.atMs);
  return {
    source,
    cores,
    rssMaxMb: Math.max(...samples.map(({ rssMb }) => rssMb)),
    openCalls,
    callsPerCore: cores > 0 ? openCalls / cores : null,
  };
}
