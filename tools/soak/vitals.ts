import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from '../support/gateway-process.js';

/** What a process holds. */
export interface Vitals {
  readonly rssMb: number;
  readonly fds: number;
  readonly threads: number;
  /** JavaScript timers that run; null: /metrics does not tell. */
  readonly timers: number | null;
  /** UDP sockets. */
  readonly sockets: number | null;
  readonly engineWorkers: number | null;
}

/** Connections of HTTP that nobody uses are gone by then (ms), on both sides. */
const HTTP_IDLE_MS = 7000;
const KIB_PER_MB = 1024;

/** Resident memory. @throws Error where there is no such process, or no /proc */
export async function residentMb(pid: number): Promise<number> {
  return parseStatus(await readFile(`/proc/${pid}/status`, 'utf8')).rssMb;
}

/** All of it, when nobody talks to it. It takes some seconds. */
export async function vitalsAtRest(gateway: GatewayProcess): Promise<Vitals> {
  await sleep(HTTP_IDLE_MS);
  const [status, fds] = await Promise.all([
    readFile(`/proc/${gateway.pid}/status`, 'utf8'),
    readdir(`/proc/${gateway.pid}/fd`),
  ]);
  const metrics = await gateway.metrics();
  return {
    ...parseStatus(status),
    fds: fds.length,
    timers: activeOf(metrics, 'Timeout'),
    sockets: activeOf(metrics, 'UDPWrap'),
    engineWorkers: metricOf(metrics, 'visavis_engine_workers_up'),
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
