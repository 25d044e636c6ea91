import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from '../support/gateway-process.js';

/** What a gateway holds. */
export interface Vitals {
  /** Resident memory, with that of the processes that it has started. */
  readonly rssMb: number;
  /** Processes that it has started. */
  readonly children: number;
  readonly fds: number;
  readonly threads: number;
  /** JavaScript timers that run; null: /metrics does not tell. */
  readonly timers: number | null;
  /** UDP sockets. */
  readonly sockets: number | null;
  readonly engineWorkers: number | null;
  /** Calls that are open. */
  readonly sessions: number | null;
  /** What was dropped since the start, by reason; of the VAD, ms of sound. */
  readonly drops: Readonly<Record<string, number>>;
}

/** Connections of HTTP that nobody uses are gone by then (ms), on both sides. */
const HTTP_IDLE_MS = 7000;
const KIB_PER_MB = 1024;

/** Resident memory of a process and of all that it has started, and how many those are. @throws Error where there is no such process, or no /proc */
export async function residentOf(pid: number): Promise<{ rssMb: number; children: number }> {
  const [status, tasks] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/task`),
  ]);
  const lists = await Promise.all(tasks.map((task) => readIfThere(`/proc/${pid}/task/${task}/children`)));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const below = await Promise.all(children.map((child) => residentOf(child).catch(() => null)));
  const alive = below.filter((one) => one !== null);
  return {
    rssMb: alive.reduce((sum, { rssMb }) => sum + rssMb, parseStatus(status).rssMb),
    children: alive.reduce((sum, one) => sum + 1 + one.children, 0),
  };
}

/** All of it, when nobody talks to it. It takes some seconds. */
export async function vitalsAtRest(gateway: GatewayProcess): Promise<Vitals> {
  await sleep(HTTP_IDLE_MS);
  const [status, fds, resident] = await Promise.all([
    readFile(`/proc/${gateway.pid}/status`, 'utf8'),
    readdir(`/proc/${gateway.pid}/fd`),
    residentOf(gateway.pid),
  ]);
  const metrics = await gateway.metrics();
  return {
    ...resident,
    threads: parseStatus(status).threads,
    fds: fds.length,
    timers: activeOf(metrics, 'Timeout'),
    sockets: activeOf(metrics, 'UDPWrap'),
    engineWorkers: metricOf(metrics, 'visavis_engine_workers_up'),
    sessions: metricOf(metrics, 'visavis_sessions'),
    drops: {
      ...byReason(metrics, 'visavis_drops_total', ''),
      ...byReason(metrics, 'visavis_vad_dropped_milliseconds_total', 'vad_ms_'),
    },
  };
}

/** @param status text of /proc/…/status */
export function parseStatus(status: string): { rssMb: number; threads: number } {
  const number = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
    if (found === undefined) throw new Error(`/proc tells no ${name}`);
    return Number(found);
  };
  return { rssMb: number('VmRSS') / KIB_PER_MB, threads: number('Threads') };
}

/** A thread or process that ends meanwhile has nothing to tell. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** A type of which there are none is not told; null where none is told of any. */
function activeOf(metrics: string, type: string): number | null {
  if (!metrics.includes('nodejs_active_resources{')) return null;
  return metricOf(metrics, `nodejs_active_resources{type="${type}"}`) ?? 0;
}

/** The value of a series of /metrics; null where it is not there. */
export function metricOf(text: string, series: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

/** A metric's values by its label `reason`. */
export function byReason(text: string, name: string, prefix: string): Record<string, number> {
  const found = text.matchAll(new RegExp(`^${name}\\{reason="([^"]*)"\\} (\\S+)`, 'gm'));
  return Object.fromEntries([...found].map(([, reason, value]) => [`${prefix}${reason}`, Number(value)]));
}
