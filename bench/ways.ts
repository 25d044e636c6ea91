import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IceServers } from '@vis-a-vis/protocol';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { wholeNumber } from '../tools/support/cli.js';
import { Coturn } from '../tools/support/coturn.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { summarize, type Summary } from '../tools/support/statistics.js';
import { benchOptions } from './options.js';

/** What `--json` writes. Durations in ms. */
interface WaysReport {
  readonly calls: number;
  readonly ways: Readonly<Record<string, { readonly connectMs: Summary; readonly rttMs: Summary }>>;
}

const TURN_PORT = 21_780;
const SECRET = 'of this bench alone';
/** Chromium sends no datagram then. */
const WITHOUT_UDP = '--webrtc-ip-handling-policy=disable_non_proxied_udp';

const WAYS = [
  { name: 'udp', transport: null, flags: [] },
  { name: 'turnUdp', transport: 'udp', flags: [] },
  { name: 'turnTcp', transport: 'tcp', flags: [WITHOUT_UDP] },
] as const;

/** How soon Chromium is connected, and how long a check takes, straight and by a TURN server (coturn) on this machine. */
export async function waysBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { calls: '20' });
  const calls = wholeNumber('calls', values.calls);
  const folder = await mkdtemp(join(tmpdir(), 'visavis-'));
  await writeFile(join(folder, 'secret'), SECRET);
  const coturn = await Coturn.start(TURN_PORT, SECRET);
  const turn = `turn:127.0.0.1:${TURN_PORT}`;
  const gateway = await GatewayProcess.start({
    VISAVIS_ICE_SERVERS: JSON.stringify([{ urls: [`${turn}?transport=udp`, `${turn}?transport=tcp`] }]),
    VISAVIS_TURN_SECRET_FILE: join(folder, 'secret'),
  });
  try {
    const ways: Record<string, WaysReport['ways'][string]> = {};
    for (const way of WAYS) ways[way.name] = await measure(gateway.url, way, calls);
    const report: WaysReport = { calls, ways };
    for (const [name, { connectMs, rttMs }] of Object.entries(ways)) {
      const [p50, p95, rtt] = [connectMs.p50, connectMs.p95, rttMs.p50].map((ms) => Math.round(ms ?? 0));
      console.log(`${name.padEnd(8)} connected in ${p50} ms (p95 ${p95}), round trip ${rtt} ms`);
    }
    if (values.json) await writeJson(values.json, report);
  } finally {
    await gateway.stop();
    await coturn.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  url: string,
  { transport, flags }: (typeof WAYS)[number],
  calls: number,
): Promise<WaysReport['ways'][string]> {
  const args = ['--no-sandbox', '--disable-gpu', '--allow-loopback-in-peer-connection', ...flags];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  try {
    const page = await browser.newPage();
    await page.goto(new URL('health', url).href);
    await page.addScriptTag({ content: await pageProgram() });
    const connectMs: number[] = [];
    const rttMs: number[] = [];
    // The first of a page compiles what the others find ready.
    for (let n = 0; n <= calls; n += 1) {
      const dialled = await dial(page, await optionsFor(url, transport));
      if (n === 0) continue;
      connectMs.push(dialled.connectMs);
      rttMs.push(dialled.pair.rttMs);
    }
    return { connectMs: summarize(connectMs), rttMs: summarize(rttMs) };
  } finally {
    await browser.close();
  }
}

/** The page's program of the end-to-end tests. */
async function pageProgram(): Promise<string> {
  const entryPoints = [join(REPOSITORY, 'test/e2e/support/network-page.mjs')];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'iife', write: false });
  return outputFiles[0]?.text ?? '';
}

function dial(page: Page, options: object): Promise<{ connectMs: number; pair: { rttMs: number } }> {
  return page.evaluate(`dial(${JSON.stringify(options)})`);
}

async function optionsFor(url: string, transport: string | null): Promise<object> {
  if (transport === null) return { iceServers: [] };
  const told = (await (await fetch(new URL('v1/realtime/ice_servers', url))).json()) as IceServers;
  const iceServers = told.ice_servers.map((server) => ({
    ...server,
    urls: server.urls.filter((one) => one.endsWith(`transport=${transport}`)),
  }));
  return { iceServers, iceTransportPolicy: 'relay' };
}
