import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DecoderService } from '#modules/decoder';
import { Placing } from '../placement/core/placing.js';
import { Sums } from '../placement/sums.js';
import { JudgeMetrics } from './judge-metrics.js';
import { Metrics } from './metrics.js';
import { RemoteMetrics } from './remote-metrics.js';
import { WorkerMetrics } from './worker-metrics.js';

/** Real: the rules and the metrics that the gateway registers. Fake: engine, VAD and media, of which nothing is read. */
const RULES = fileURLToPath(new URL('../../docs/alerts.yml', import.meta.url));
const OPERATIONS = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));

const COUNTS = { requests: 4, aborted: 1, failed: 1, promptTokens: 100, cachedTokens: 90 };
const REMOTE: NonNullable<DecoderService['remoteStats']> = {
  workers: 1,
  workersUp: 1,
  workersStuck: 0,
  lost: { died: 0, stuck: 0 },
  sessions: 1,
  sessionsRebuilt: 0,
  sessionsGivenUp: 0,
  requests: 4,
  retries: 2,
  failovers: 3,
  failures: new Map([['overdue', 5]]),
  kinds: { warm: COUNTS, answer: COUNTS, speculation: COUNTS, aside: COUNTS, transcription: COUNTS },
  replicas: [{ name: 'http://a', isUp: true, warms: true, sessions: 1 }],
  promptTokens: 100,
  cachedTokens: 90,
  warm: { ...COUNTS, helps: true },
};

/** The names of all series, each with its labels, once everything that can happen has happened once. */
async function scraped(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = new Metrics();
  const ran = { streams: 0, runs: 0, windows: 0, runMs: 0, workerFailures: 0 };
  const vad = { stats: () => ({ ...ran, droppedMs: new Map([['overload' as const, 1]]) }), stuckThreads: 0 };
  const sessions = { sessions: 0, sessionsRebuilt: 0, sessionsGivenUp: 0 };
  const stats = { workers: 1, workersUp: 1, workersStuck: 0, lost: { died: 0, stuck: 0 }, ...sessions };
  const media = { stats: () => ({ decodersEnded: 0, decoderLost: false, strays: new Map() }) };
  new WorkerMetrics(metrics, { stats }, vad, media);
  new RemoteMetrics(metrics, { remoteStats: REMOTE });
  const judged = { judged: 0, runMs: 0, waiting: 0, workerFailures: 0 };
  new JudgeMetrics(metrics, { stats: () => judged, stuckThreads: 0 });
  metrics.sessionOpened();
  metrics.sessionClosed('a', 'hangup');
  metrics.refused('bad_sdp');
  metrics.guarded('audio');
  metrics.lost('hearing');
  metrics.drop('late');
  metrics.error('shed');
  metrics.turn('completed');
  metrics.speculation({ kind: 'speech', outcome: 'used', tokens: 1, gainMs: 1 });
  metrics.refusedFor('calls');
  metrics.pressure('memory', 0);
  const none = { ask: () => Promise.resolve([]), placing: new Placing(), lost: new Map(), stopping: false };
  const text = (await metrics.text()) + (await new Sums(none, 1).metrics()).text;
  metrics.onModuleDestroy();
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', inside = ''] of text.matchAll(
    /^((?:visavis|process|nodejs)_\w+)(?:\{(.*)\})? /gm,
  )) {
    const there = labels.get(name) ?? new Set<string>();
    for (const [, label = ''] of inside.matchAll(/(\w+)="/g)) there.add(label);
    labels.set(name, there);
  }
  return labels;
}

/** That a query of PromQL names, each with the labels that it is selected or grouped by. */
function namedIn(query: string): [string, string[]][] {
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/[,\s]+/));
  return [...query.matchAll(/((?:visavis|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', selector = '']) => [
      name,
      [...[...selector.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label), ...grouped],
    ],
  );
}

/** Prometheus' own. */
const OF_TARGETS = new Set(['instance', 'job']);

describe('observe/grafana', () => {
  it('has dashboards whose queries name only metrics and labels that there are', async () => {
    const folder = fileURLToPath(new URL('../../observe/grafana/dashboards', import.meta.url));
    const labels = await scraped();
    const files = await readdir(folder);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { panels } = JSON.parse(await readFile(`${folder}/${file}`, 'utf8')) as {
        panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
      };
      const queries = panels.flatMap(({ title, targets = [] }) =>
        targets.map((target) => ({ title, ...target })),
      );
      expect(queries.length).toBeGreaterThan(10);
      for (const { title, expr, legendFormat } of queries) {
        const named = namedIn(expr);
        expect([title, named.length]).not.toEqual([title, 0]);
        for (const [metric, used] of named) {
          const there = labels.get(metric);
          expect([title, metric, there]).not.toEqual([title, metric, undefined]);
          const unknown = used.filter((label) => !OF_TARGETS.has(label) && !there?.has(label));
          expect([title, unknown]).toEqual([title, []]);
        }
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(expr).toContain(`by (${label})`);
      }
    }
  });
});

describe('docs/alerts.yml', () => {
  let written: number;
  let rules: { name: string; expr: string }[];
  let labels: ReadonlyMap<string, ReadonlySet<string>>;

  beforeAll(async () => {
    const text = await readFile(RULES, 'utf8');
    rules = [...text.matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map(([, name = '', expr = '']) => ({
      name,
      expr,
    }));
    written = text.split('- alert:').length - 1;

    labels = await scraped();
  });

  it('names only metrics and labels that there are', () => {
    expect(rules).toHaveLength(written);
    for (const { name, expr } of rules) {
      const used = [...expr.matchAll(/(visavis_\w+)(?:\{([^}]*)\})?/g)];
      expect([name, used.length]).not.toEqual([name, 0]);
      for (const [, metric = '', selector = ''] of used) {
        const there = labels.get(metric);
        expect([name, metric, there]).not.toEqual([name, metric, undefined]);
        for (const [, label] of selector.matchAll(/(\w+)(?:=~|!~|!=|=)/g)) expect(there).toContain(label);
      }
    }
  });

  it('watches everything that a supervisor must see, and the manual explains each rule', async () => {
    const all = rules.map(({ expr }) => expr).join('\n');
    for (const metric of [
      'visavis_offers_refused_total',
      'visavis_guarded_exceptions_total',
      'visavis_drops_total',
      'visavis_parts_lost_total',
      'visavis_vad_workers_lost_total',
      'visavis_judge_workers_lost_total',
      'visavis_engine_workers_lost_total',
      'visavis_video_decoders_lost_total',
      'visavis_video_decoder_up',
      'visavis_remote_replica_up',
      'visavis_remote_cached_tokens_total',
    ]) {
      expect(all).toContain(metric);
    }
    const manual = await readFile(OPERATIONS, 'utf8');
    for (const { name } of rules) expect(manual).toContain(`\`${name}\``);
  });
});
