import type { ProcessEnd } from '../support/gateway-process.js';
import type { Verdict } from './judge.js';
import type { CallRecord } from './record.js';
import { slopePerMinute, type Sample } from './regression.js';
import type { Vitals } from './vitals.js';

/** Memory settles in the first minutes: the model's arenas, code that is compiled, pools that reach their size. */
const SETTLED_MS = 5 * 60_000;
/** A slope of less time tells nothing. */
const SLOPE_NEEDS_MS = 5 * 60_000;
/** MB a minute. */
const MAX_SLOPE = 1;

export interface Change<T> {
  readonly before: T;
  readonly after: T;
}

/** What `--json` writes. */
export interface SoakReport {
  readonly calls: number;
  /** That should not have: the reasons are in `byFailure`. */
  readonly failed: number;
  /** Questions that were answered wrongly, or not at all because the ear took them for nobody's. */
  readonly wrong: number;
  /** Those among them that the ear took for nobody's. */
  readonly dismissed: number;
  readonly asked: number;
  /** For which calls came. */
  readonly minutes: number;
  /** Of the last gateway, from its fifth minute on; null where that is less than five minutes. */
  readonly rssSlopeMbPerMin: number | null;
  readonly rssMb: Change<number | null> & { readonly most: number | null };
  readonly fds: Change<number | null>;
  readonly timers: Change<number | null>;
  readonly threads: Change<number | null>;
  /** Calls that are open, as the gateway counts them. */
  readonly sessions: Change<number | null>;
  /** Processes that the gateway has started. */
  readonly children: Change<number | null>;
  readonly engineWorkers: Change<number | null>;
  /** Times that the gateway's process ended. */
  readonly exits: number;
  readonly exitsBy: Readonly<Record<string, number>>;
  readonly byLeaving: Readonly<Record<string, { readonly calls: number; readonly failed: number }>>;
  /** A call may fail in more than one way. */
  readonly byFailure: Readonly<Record<string, number>>;
  /** Calls by how the gateway says that they ended. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Lines of the gateway's log of levels warn and above. */
  readonly complaints: Readonly<Record<string, number>>;
  /** Packets, pictures and sound that the last gateway dropped, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Most calls at once. */
  readonly most: number;
  /** Delay of the callers' own event loop (ms, 99th percentile): where it is long, the machine was too busy to tell who was late. */
  readonly callersP99Ms: number;
  readonly interrupted: number;
  readonly seed: number;
}

/** Adds up what calls come to. */
export class Tally {
  calls = 0;
  failed = 0;
  wrong = 0;
  dismissed = 0;
  asked = 0;
  interrupted = 0;
  readonly exits: ProcessEnd[] = [];
  readonly byLeaving = new Map<string, { calls: number; failed: number }>();
  readonly byFailure = new Map<string, number>();
  readonly byReason = new Map<string, number>();
  readonly complaints = new Map<string, number>();

  add(record: CallRecord, { failures, wrong }: Verdict): void {
    const failed = failures.length > 0 ? 1 : 0;
    const way = this.byLeaving.get(record.leaving) ?? { calls: 0, failed: 0 };
    this.byLeaving.set(record.leaving, { calls: way.calls + 1, failed: way.failed + failed });
    for (const kind of failures) addTo(this.byFailure, kind, 1);
    this.calls += 1;
    this.failed += failed;
    this.wrong += wrong;
    this.dismissed += record.asked.filter(
      ({ answer, failure }) => answer === null && failure === null,
    ).length;
    this.asked += record.asked.length;
    this.interrupted += record.interrupted;
  }

  /** What a gateway's log told, at its end. */
  addJournal({ reasons, complaints }: JournalCounts): void {
    for (const [reason, n] of reasons) addTo(this.byReason, reason, n);
    for (const [message, n] of complaints) addTo(this.complaints, message, n);
  }
}

interface JournalCounts {
  readonly reasons: ReadonlyMap<string, number>;
  readonly complaints: ReadonlyMap<string, number>;
}

export interface Measured {
  readonly minutes: number;
  readonly seed: number;
  readonly most: number;
  readonly callersP99Ms: number;
  /** Resident memory of the last gateway, in MB; its time 0 is the start. */
  readonly rss: readonly Sample[];
  readonly before: Vitals;
  /** Null: the gateway was gone. */
  readonly after: Vitals | null;
}

export function report(tally: Tally, measured: Measured): SoakReport {
  const { before, after, rss } = measured;
  const change = (of: (vitals: Vitals) => number | null) => ({
    before: of(before),
    after: after && of(after),
  });
  const settled = rss.filter(({ atMs }) => atMs >= SETTLED_MS);
  const slope = (settled.at(-1)?.atMs ?? 0) >= SETTLED_MS + SLOPE_NEEDS_MS ? slopePerMinute(settled) : null;
  return {
    calls: tally.calls,
    failed: tally.failed,
    wrong: tally.wrong,
    dismissed: tally.dismissed,
    asked: tally.asked,
    minutes: rounded(measured.minutes),
    rssSlopeMbPerMin: slope === null ? null : rounded(slope),
    rssMb: {
      before: rounded(before.rssMb),
      after: after && rounded(after.rssMb),
      most: rss.length === 0 ? null : rounded(Math.max(...rss.map(({ value }) => value))),
    },
    fds: change(({ fds }) => fds),
    timers: change(({ timers }) => timers),
    threads: change(({ threads }) => threads),
    sessions: change(({ sessions }) => sessions),
    children: change(({ children }) => children),
    engineWorkers: change(({ engineWorkers }) => engineWorkers),
    exits: tally.exits.length,
    exitsBy: counted(tally.exits.map(({ code, signal }) => signal ?? `code ${code}`)),
    byLeaving: Object.fromEntries(tally.byLeaving),
    byFailure: Object.fromEntries(tally.byFailure),
    byReason: Object.fromEntries(tally.byReason),
    complaints: Object.fromEntries(tally.complaints),
    drops: after?.drops ?? {},
    most: measured.most,
    callersP99Ms: rounded(measured.callersP99Ms),
    interrupted: tally.interrupted,
    seed: measured.seed,
  };
}

/** What is not as it should be, in words; none: the gateway has held. */
export function beyondBars(result: SoakReport): string[] {
  const beyond: string[] = [];
  if (result.exits > 0) beyond.push(`the gateway ended ${result.exits} times`);
  if (result.failed > 0) beyond.push(`${result.failed} of ${result.calls} calls failed`);
  const slope = result.rssSlopeMbPerMin;
  if (slope !== null && slope > MAX_SLOPE) beyond.push(`memory grows by ${slope} MB a minute`);
  for (const name of ['fds', 'timers', 'threads', 'children', 'sessions'] as const) {
    const { before, after } = result[name];
    if (before === null || after === null) beyond.push(`${name} are not known`);
    else if (after > before) beyond.push(`${name}: ${before} before, ${after} after`);
  }
  const { before, after } = result.engineWorkers;
  if (before !== after) beyond.push(`engine workers: ${before} before, ${after} after`);
  return beyond;
}

function addTo(counts: Map<string, number>, key: string, n: number): void {
  counts.set(key, (counts.get(key) ?? 0) + n);
}

function counted(keys: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) addTo(counts, key, 1);
  return Object.fromEntries(counts);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
