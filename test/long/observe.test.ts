import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import { parse } from 'yaml';
import { SpanCollector } from '../support/span-collector.js';
import { Gateway } from '../e2e/support/gateway.js';

jest.setTimeout(120_000);

// Real: Prometheus as Debian has it, with the files of the compose profile `observe`, and the built gateway. Made up: the collector of spans.

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly profiles?: readonly string[]; readonly volumes?: readonly string[] }>
  >;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('the profile observe', () => {
  let folder: string;
  let collector: SpanCollector;
  let gateway: Gateway;
  let prometheus: ChildProcess;
  let api: string;

  const ask = async <T>(path: string): Promise<{ status: string; error?: string; data: T }> =>
    (await (await fetch(`${api}${path}`)).json()) as { status: string; error?: string; data: T };
  const until = async <T>(find: () => Promise<T | undefined>, what: string): Promise<T> => {
    for (let waited = 0; waited < 40_000; waited += 200) {
      const found = await find().catch(() => undefined);
      if (found !== undefined) return found;
      await sleep(200);
    }
    throw new Error(`it never came to ${what}`);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-observe-'));
    collector = await SpanCollector.start();
    gateway = await Gateway.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
    const config = await readFile('observe/prometheus.yml', 'utf8');
    const quick = config.replace('127.0.0.1:8080', new URL(gateway.url).host).replaceAll('5s', '1s');
    await writeFile(join(folder, 'prometheus.yml'), quick);
    await cp('docs/alerts.yml', join(folder, 'alerts.yml'));
    const address = `127.0.0.1:${await freePort()}`;
    api = `http://${address}/api/v1/`;
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--enable-feature=exemplar-storage',
        `--web.listen-address=${address}`,
      ],
      { stdio: 'ignore' },
    );
  });

  afterAll(async () => {
    if (prometheus?.exitCode === null) {
      const ended = once(prometheus, 'exit');
      prometheus.kill();
      await ended;
    }
    await gateway?.stop();
    collector?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has a configuration and rules that promtool finds nothing wrong with', async () => {
    const { stdout } = await promisify(execFile)('promtool', [
      'check',
      'config',
      join(folder, 'prometheus.yml'),
    ]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('mounts what there is', async () => {
    const { services } = parse(await readFile('docker-compose.yml', 'utf8')) as Compose;
    const observing = Object.values(services).filter(({ profiles }) => profiles?.includes('observe'));
    expect(observing).toHaveLength(3);
    const mounted = observing
      .flatMap(({ volumes = [] }) => volumes)
      .map((volume) => volume.split(':')[0] ?? '');
    for (const path of mounted.filter((one) => one.startsWith('./')))
      await expect(stat(path)).resolves.toBeDefined();
  });

  it('is scraped with exemplars that lead to traces, and its dashboard asks what Prometheus understands', async () => {
    const call = await connectNode({ url: gateway.url });
    expect((await call.ask('hello')).status).toBe('completed');
    const turn = await until(
      async () => collector.spans.find(({ name }) => name === 'turn'),
      'the span of a turn',
    );
    const query = encodeURIComponent('visavis_commit_to_first_token_seconds_bucket');
    const exemplars = await until(async () => {
      const now = Date.now() / 1000;
      const { data } = await ask<{ exemplars: { labels: Record<string, string> }[] }[]>(
        `query_exemplars?query=${query}&start=${now - 60}&end=${now + 60}`,
      );
      const found = data.flatMap((series) => series.exemplars);
      return found.length > 0 ? found : undefined;
    }, 'exemplars');
    expect(exemplars.map(({ labels }) => labels)).toContainEqual({
      trace_id: turn.traceId,
      span_id: turn.spanId,
    });

    const dashboard = JSON.parse(await readFile('observe/grafana/dashboards/vis-a-vis.json', 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    for (const expr of queries) {
      const plain = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');
      const { status, error } = await ask(`query?query=${encodeURIComponent(plain)}`);
      expect([expr, status, error]).toEqual([expr, 'success', undefined]);
    }
    const sessions = await ask<{ result: { value: [number, string] }[] }>(
      'query?query=sum(visavis_sessions)',
    );
    expect(sessions.data.result[0]?.value[1]).toBe('1');
    const rules = await ask<{ groups: { rules: { health: string; name: string }[] }[] }>('rules');
    const known = rules.data.groups.flatMap((group) => group.rules);
    expect(known.length).toBeGreaterThan(15);
    await until(async () => {
      const now = await ask<typeof rules.data>('rules');
      return now.data.groups.every((group) => group.rules.every(({ health }) => health === 'ok'))
        ? true
        : undefined;
    }, 'rules that can be evaluated');
    await call.close();
  });
});
