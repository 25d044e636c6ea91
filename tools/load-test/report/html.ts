import { fixed, generatorLine, serverLine, verdict } from './markdown.js';
import { STAGE_NAMES } from './names.js';
import { barChart, escaped, lineChart } from './plots.js';
import type { LoadReport } from './report.js';

/** Stages that a person waits for; the others are in the table. */
const PLOTTED = ['connect', 'committed', 'firstText', 'added', 'commitToFirstText', 'bargeIn'] as const;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.5rem; border-bottom: 1px solid #8884; }
td:not(:first-child), th:not(:first-child) { text-align: right; }
svg { width: 100%; font-size: 11px; } svg text { fill: currentColor; } .grid { stroke: #8884; }
svg path { stroke-width: 1.5; } .axis, .legend, .nothing { margin: 0.3rem 0; font-size: 0.85rem; }
.legend span { margin-right: 1rem; } .legend i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.35em; }
.verdict { padding: 0.5rem 0.8rem; border-left: 4px solid; } .held { border-color: #059669; } .broken { border-color: #dc2626; }
`;

/** A report with plots, as one page that needs nothing else. */
export function html(report: LoadReport): string {
  const { scenario, timeline } = report;
  const byTime = (of: (part: LoadReport['timeline'][number]) => number | null) =>
    timeline.map((part) => ({ x: part.fromS, y: of(part) }));
  const time = (y: string) => ({ x: 'seconds', y });
  const sections: [string, string][] = [
    ['Thresholds', thresholds(report)],
    ['Calls and turns', counts(report)],
    [
      'Stages (ms)',
      barChart(
        'milliseconds',
        ['p50', 'p95', 'p99'],
        PLOTTED.map((key) => {
          const { p50, p95, p99 } = report.stages[key];
          return { name: STAGE_NAMES[key], values: [p50, p95, p99] };
        }),
      ) + stages(report),
    ],
    [
      'First text after the true end of speech',
      lineChart(time('milliseconds'), [
        { name: 'p50', points: byTime((part) => part.firstTextP50) },
        { name: 'p95', points: byTime((part) => part.firstTextP95) },
      ]),
    ],
    [
      'Open calls, and questions that failed',
      lineChart(time('calls, questions'), [
        { name: 'open calls', points: byTime((part) => part.openCalls) },
        { name: 'failed questions', points: byTime((part) => part.failed) },
      ]),
    ],
    [
      'False cut-offs against delay',
      lineChart({ x: 'endpoint delay, ms', y: '% of questions cut off' }, [
        {
          name: 'cut off',
          points: report.delays.map((one) => ({
            x: one.endpointDelayMs,
            y: one.cutOffShare === null ? null : 100 * one.cutOffShare,
          })),
        },
      ]),
    ],
    [
      'Added latency against load',
      lineChart({ x: 'open calls', y: 'p95, milliseconds' }, [
        { name: 'added', points: report.loads.map((one) => ({ x: one.toCalls, y: one.addedP95 })) },
      ]) + (report.heldCalls === null ? '' : `<p>Held: ${report.heldCalls} calls.</p>`),
    ],
    [
      'Server: cores',
      lineChart(time('cores in use'), [{ name: 'cores', points: byTime((part) => part.serverCores) }]),
    ],
    [
      'Server: memory',
      lineChart(time('MB'), [{ name: 'resident', points: byTime((part) => part.serverRssMb) }]),
    ],
    ['Server and generator', `<p>${escaped(serverLine(report))}</p><p>${escaped(generatorLine(report))}</p>`],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Load test: ${escaped(scenario.name)}</title>
<style>${STYLE}</style>
<h1>Load test: ${escaped(scenario.name)}</h1>
<p>${escaped(scenario.about)}</p>
<p>${escaped(report.target)}, ${escaped(report.startedAt)}, ${fixed(report.durationMs / 1000, 0)} s, seed ${scenario.seed}</p>
<p class="verdict ${report.held ? 'held' : 'broken'}">${escaped(verdict(report))}</p>
${sections.map(([title, content]) => `<h2>${escaped(title)}</h2>\n${content}`).join('\n')}
</html>
`;
}

function thresholds({ thresholds: all }: LoadReport): string {
  return table(
    ['', 'limit', 'measured', ''],
    all.map(({ name, limit, value, held }) => [
      name,
      String(limit),
      fixed(value, 3),
      held ? 'held' : 'not held',
    ]),
  );
}

function counts({ calls, turns, bargeIns }: LoadReport): string {
  const of = (prefix: string, all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([name, n]) => [`${prefix}: ${name}`, String(n)]);
  return table(
    ['', ''],
    [
      ['calls begun', String(calls.begun)],
      ['calls skipped', String(calls.skipped)],
      ['calls connected', String(calls.connected)],
      ['calls failed', String(calls.failed)],
      ...of('calls failed', calls.byFailure),
      ['calls at once, at most', String(calls.mostAtOnce)],
      ['questions', String(turns.asked)],
      ...of('questions', turns.byOutcome),
      ['answers right', String(turns.right)],
      ['answers wrong', String(turns.wrong)],
      ['barge-ins stopped', `${bargeIns.stopped} of ${bargeIns.tried}`],
    ],
  );
}

function stages({ stages: all }: LoadReport): string {
  const keys = Object.keys(STAGE_NAMES) as (keyof typeof STAGE_NAMES)[];
  return table(
    ['', 'n', 'p50', 'p90', 'p95', 'p99', 'max'],
    keys.map((key) => {
      const { n, p50, p90, p95, p99, max } = all[key];
      return [STAGE_NAMES[key], String(n), ...[p50, p90, p95, p99, max].map((value) => fixed(value, 0))];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}
