import { percentile } from '../../support/statistics.js';
import { isFailed } from '../generator/generator.js';
import type { TurnRecord } from '../generator/records.js';
import type { OpenCalls } from './loads.js';
import type { LoadReport } from './report.js';
import { coresBetween, type ServerSample } from './server.js';

const PARTS = 60;
/** Shorter parts would hold no turn (ms). */
const SHORTEST_MS = 5000;

/** The run in parts of equal length. */
export function timelineOf(
  turns: readonly TurnRecord[],
  open: OpenCalls,
  { durationMs, server }: { durationMs: number; server: readonly ServerSample[] },
): LoadReport['timeline'] {
  const partMs = Math.max(SHORTEST_MS, durationMs / PARTS);
  return Array.from({ length: Math.ceil(durationMs / partMs) }, (_, part) => {
    const fromMs = part * partMs;
    const within = (atMs: number) => atMs >= fromMs && atMs < fromMs + partMs;
    const some = turns.filter(({ atMs }) => within(atMs));
    const first = some.flatMap(({ firstTextMs }) => (firstTextMs === null ? [] : [firstTextMs]));
    const samples = server.filter(({ atMs }) => within(atMs));
    return {
      fromS: fromMs / 1000,
      openCalls: open.at(fromMs + partMs / 2),
      turns: some.length,
      failed: some.filter(isFailed).length,
      firstTextP50: percentile(first, 50),
      firstTextP95: percentile(first, 95),
      serverCores: coresBetween(samples),
      serverRssMb: samples.at(-1)?.rssMb ?? null,
    };
  });
}
