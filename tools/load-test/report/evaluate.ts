import { percentile } from '../../support/statistics.js';
import { isFailed, type Generated } from '../generator/generator.js';
import type { CallRecord, TurnRecord } from '../generator/records.js';
import type { Scenario } from '../scenario/scenario.js';
import { heldCalls, loadsOf, OpenCalls } from './loads.js';
import type { LoadReport, Percentiles } from './report.js';
import { serverFigures, type ServerSample } from './server.js';
import { judged } from './thresholds.js';
import { timelineOf } from './timeline.js';

/** All that was seen in a run. */
export interface Run {
  readonly scenario: Scenario;
  readonly target: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly planned: number;
  readonly generated: Generated;
  readonly processes: number;
  readonly server: { readonly source: 'metrics' | 'proc'; readonly samples: readonly ServerSample[] } | null;
}

export function evaluate(run: Run): LoadReport {
  const { scenario, generated } = run;
  const { calls, lateness } = generated;
  const turns = calls.flatMap((call) => call.turns).toSorted((a, b) => a.atMs - b.atMs);
  const open = new OpenCalls(calls);
  const loads = loadsOf(turns, open);
  const unjudged = {
    tool: 'vis-a-vis load-test' as const,
    version: 1 as const,
    scenario: { name: scenario.name, about: scenario.about, seed: scenario.seed },
    target: run.target,
    startedAt: run.startedAt.toISOString(),
    durationMs: run.durationMs,
    calls: {
      planned: run.planned,
      skipped: generated.skipped,
      begun: calls.length,
      connected: calls.filter(({ connectedMs }) => connectedMs !== null).length,
      failed: calls.filter((call) => failureOf(call) !== null).length,
      byFailure: counted(calls.map(failureOf).filter((code) => code !== null)),
      mostAtOnce: open.most,
    },
    turns: {
      asked: turns.length,
      byOutcome: counted(turns.map(({ outcome }) => outcome)),
      failed: turns.filter(isFailed).length,
      right: turns.filter(({ right }) => right === true).length,
      wrong: turns.filter(({ right }) => right === false).length,
    },
    stages: stagesOf(calls, turns),
    bargeIns: {
      tried: turns.filter(({ bargeIn }) => bargeIn !== null).length,
      stopped: turns.filter(({ bargeIn }) => bargeIn?.stoppedMs != null).length,
    },
    delays: delaysOf(turns),
    noises: noisesOf(turns),
    loads,
    heldCalls: scenario.capacity ? heldCalls(loads, scenario.capacity) : null,
    timeline: timelineOf(turns, open, { durationMs: run.durationMs, server: run.server?.samples ?? [] }),
    server: run.server && serverFigures(run.server.source, run.server.samples, open),
    network: generated.network,
    generator: { processes: run.processes, ...lateness },
  };
  const thresholds = judged(unjudged, scenario.thresholds);
  return { ...unjudged, thresholds, held: thresholds.every(({ held }) => held) };
}

export function percentiles(values: readonly (number | null)[]): Percentiles {
  const known = values.filter((value) => value !== null);
  const at = (percent: number) => percentile(known, percent);
  return { n: known.length, p50: at(50), p90: at(90), p95: at(95), p99: at(99), max: at(100) };
}

export function addedMs({ firstTextMs, endpointDelayMs }: TurnRecord): number | null {
  return firstTextMs === null ? null : firstTextMs - endpointDelayMs;
}

function stagesOf(calls: readonly CallRecord[], turns: readonly TurnRecord[]): LoadReport['stages'] {
  const of = (value: (turn: TurnRecord) => number | null) => percentiles(turns.map(value));
  return {
    answer: percentiles(calls.map(({ answeredMs }) => answeredMs)),
    connect: percentiles(calls.map(({ connectedMs }) => connectedMs)),
    speechStopped: of(({ stoppedMs }) => stoppedMs),
    committed: of(({ committedMs }) => committedMs),
    firstText: of(({ firstTextMs }) => firstTextMs),
    done: of(({ doneMs }) => doneMs),
    added: of(addedMs),
    commitToFirstText: of(({ firstTextMs, committedMs }) =>
      firstTextMs === null || committedMs === null ? null : firstTextMs - committedMs,
    ),
    serverCommitToFirst: of(({ serverCommitToFirstMs }) => serverCommitToFirstMs),
    bargeIn: of(({ bargeIn }) => bargeIn?.stoppedMs ?? null),
  };
}

function delaysOf(turns: readonly TurnRecord[]): LoadReport['delays'] {
  const groups = [...Map.groupBy(turns, ({ endpointDelayMs }) => endpointDelayMs)];
  return groups
    .toSorted(([a], [b]) => a - b)
    .map(([endpointDelayMs, some]) => {
      const cutOffs = some.filter(({ cutOff }) => cutOff).length;
      const added = percentiles(some.map(addedMs));
      return {
        endpointDelayMs,
        turns: some.length,
        paused: some.filter(({ pauseMs }) => pauseMs > 0).length,
        cutOffs,
        cutOffShare: cutOffs / some.length,
        addedP50: added.p50,
        addedP95: added.p95,
      };
    });
}

function noisesOf(turns: readonly TurnRecord[]): LoadReport['noises'] {
  const groups = [...Map.groupBy(turns, ({ noise }) => noise ?? 'none')];
  return groups
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([noise, some]) => ({
      noise,
      turns: some.length,
      failed: some.filter(isFailed).length,
      right: some.filter(({ right }) => right === true).length,
    }));
}

function failureOf({ connectFailure, failure }: CallRecord): string | null {
  return connectFailure ?? failure;
}

function counted(keys: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length]));
}
