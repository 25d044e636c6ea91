import type { LoadReport, Percentiles } from './report.js';
import { STAGE_NAMES } from './names.js';

/** A report to be read, and to be pasted into an issue. */
export function markdown(report: LoadReport): string {
  const { scenario, calls, turns } = report;
  return `${[
    `# Load test: ${scenario.name}`,
    `${scenario.about}\n\n${report.target}, ${report.startedAt}, ${fixed(report.durationMs / 1000, 0)} s, seed ${scenario.seed}. **${verdict(report)}**`,
    table(
      ['Threshold', 'Limit', 'Measured', ''],
      report.thresholds.map(({ name, limit, value, held }) => [
        name,
        String(limit),
        fixed(value, 3),
        held ? 'held' : '**not held**',
      ]),
    ),
    '## Calls and turns',
    table(
      ['', ''],
      [
        ['Calls begun / planned', `${calls.begun} / ${calls.planned} (${calls.skipped} skipped)`],
        ['Connected', String(calls.connected)],
        ['Failed', `${calls.failed}${listed(calls.byFailure)}`],
        ['Most at once', String(calls.mostAtOnce)],
        ['Questions', `${turns.asked}${listed(turns.byOutcome)}`],
        ['Right / wrong', `${turns.right} / ${turns.wrong}`],
        ['Barge-ins stopped', `${report.bargeIns.stopped} of ${report.bargeIns.tried}`],
      ],
    ),
    '## Stages',
    'Milliseconds; from the true end of speech unless it says otherwise.',
    stages(report),
    '## Cut-offs against delay',
    table(
      ['Delay', 'Questions', 'With a pause', 'Cut off', 'Share', 'Added p50', 'Added p95'],
      report.delays.map((one) => [
        ...[one.endpointDelayMs, one.turns, one.paused, one.cutOffs].map(String),
        percent(one.cutOffShare),
        fixed(one.addedP50, 0),
        fixed(one.addedP95, 0),
      ]),
    ),
    '## By noise',
    table(
      ['Noise', 'Questions', 'Failed', 'Right'],
      report.noises.map((one) => [one.noise, ...[one.turns, one.failed, one.right].map(String)]),
    ),
    '## By load',
    table(
      ['Open calls', 'Questions', 'Failed', 'Added p95'],
      report.loads.map((one) => [
        one.fromCalls === one.toCalls ? String(one.fromCalls) : `${one.fromCalls}–${one.toCalls}`,
        String(one.turns),
        String(one.failed),
        fixed(one.addedP95, 0),
      ]),
    ),
    ...(report.heldCalls === null ? [] : [`Held: ${report.heldCalls} calls.`]),
    '## Server and generator',
    serverLine(report),
    generatorLine(report),
    ...(report.network ? [networkLines(report.network)] : []),
  ].join('\n\n')}\n`;
}

export function verdict({ held, thresholds }: LoadReport): string {
  if (held) return 'All thresholds are held.';
  const broken = thresholds.filter((one) => !one.held).map(({ name }) => name);
  return `Not held: ${broken.join(', ')}.`;
}

export function serverLine({ server }: LoadReport): string {
  if (!server) return 'Server: its CPU and memory could not be read.';
  return `Server (${server.source}): ${fixed(server.cores, 2)} cores for ${fixed(server.openCalls, 1)} open calls on average, ${fixed(server.callsPerCore, 1)} calls a core; ${fixed(server.rssMaxMb, 0)} MB at most.`;
}

export function generatorLine({ generator: g }: LoadReport): string {
  return `Generator: ${g.processes} processes; late by ${fixed(g.loopP99Ms, 1)} ms in its event loop and ${fixed(g.pacingP99Ms, 1)} ms in its audio packets (p99; at most ${fixed(g.loopMaxMs, 0)} and ${fixed(g.pacingMaxMs, 0)}).`;
}

function stages({ stages: all }: LoadReport): string {
  const keys = Object.keys(STAGE_NAMES) as (keyof typeof STAGE_NAMES)[];
  const row = (name: string, { n, p50, p90, p95, p99, max }: Percentiles) => [
    name,
    String(n),
    ...[p50, p90, p95, p99, max].map((value) => fixed(value, 0)),
  ];
  return table(
    ['Stage', 'n', 'p50', 'p90', 'p95', 'p99', 'max'],
    keys.map((key) => row(STAGE_NAMES[key], all[key])),
  );
}

function networkLines(network: NonNullable<LoadReport['network']>): string {
  const of = ({ sent, lost, overtook }: (typeof network)['up']) =>
    `${sent} datagrams, lost ${lost.loss} one by one, ${lost.burst} in bursts, ${lost.queue} for want of bandwidth; ${overtook} overtook others`;
  return `Network, up: ${of(network.up)}.\nDown: ${of(network.down)}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? '' : ` (${entries.map(([name, n]) => `${name} ${n}`).join(', ')})`;
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`;
}

export function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : String(Number(value.toFixed(digits)));
}
