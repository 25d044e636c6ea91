import { percentile } from '../../support/statistics.js';
import { isFailed } from '../generator/generator.js';
import type { CallRecord, TurnRecord } from '../generator/records.js';
import type { Scenario } from '../scenario/scenario.js';
import type { LoadReport } from './report.js';

/** Groups of load, in which there are turns enough to tell. */
const GROUPS = 10;

/** How many calls were open at any time. Times are ms from the start of the run. */
export class OpenCalls {
  readonly #spans: readonly { readonly fromMs: number; readonly toMs: number }[];

  constructor(calls: readonly CallRecord[]) {
    this.#spans = calls.flatMap(({ atMs, connectedMs, endedAtMs }) =>
      connectedMs === null ? [] : [{ fromMs: atMs + connectedMs, toMs: endedAtMs }],
    );
  }

  get most(): number {
    return Math.max(0, ...this.#spans.map(({ fromMs }) => this.at(fromMs)));
  }

  at(ms: number): number {
    return this.#spans.filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs).length;
  }

  /** On average between two times. */
  mean(fromMs: number, toMs: number): number {
    const open = this.#spans.map((span) => Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs));
    return open.reduce((sum, ms) => sum + Math.max(0, ms), 0) / Math.max(1, toMs - fromMs);
  }
}

/** Turns by how many calls were open when they were asked, in groups of about equal width. */
export function loadsOf(turns: readonly TurnRecord[], open: OpenCalls): LoadReport['loads'] {
  const width = Math.max(1, Math.ceil(open.most / GROUPS));
  const groupOf = (turn: TurnRecord) => Math.floor((Math.max(1, open.at(turn.atMs)) - 1) / width);
  return [...Map.groupBy(turns, groupOf)]
    .toSorted(([a], [b]) => a - b)
    .map(([group, some]) => ({
      fromCalls: group * width + 1,
      toCalls: Math.min(open.most, (group + 1) * width),
      turns: some.length,
      failed: some.filter(isFailed).length,
      addedP95: percentile(
        some.flatMap(({ firstTextMs, endpointDelayMs }) =>
          firstTextMs === null ? [] : [firstTextMs - endpointDelayMs],
        ),
        95,
      ),
    }));
}

/** @returns as many calls as are held together with all fewer ones; null: not even the fewest */
export function heldCalls(
  loads: LoadReport['loads'],
  { maxAddedP95Ms, maxFailedTurnShare }: NonNullable<Scenario['capacity']>,
): number | null {
  const isHeld = ({ addedP95, failed, turns }: LoadReport['loads'][number]) =>
    addedP95 !== null && addedP95 <= maxAddedP95Ms && failed / turns <= maxFailedTurnShare;
  const beyond = loads.findIndex((load) => !isHeld(load));
  return (beyond === -1 ? loads : loads.slice(0, beyond)).at(-1)?.toCalls ?? null;
}
