import { readdir, readFile } from 'node:fs/promises';
import { residentOf } from '../soak/vitals.js';
import { below, type Target } from './generator/offer.js';
import { readMetrics, type ServerSample } from './report/server.js';

const SAMPLE_MS = 2000;
/** Of a second: what Linux counts processor time in. */
const TICKS = 100;

/** Where a server's processor time and memory are read. */
export type Source = { readonly pid: number } | { readonly target: Target };

/** Samples what a server uses. One that does not tell is no error: the report says so. */
export class ServerProbe {
  readonly source: 'metrics' | 'proc';
  readonly samples: ServerSample[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param startedAtMs of the run, by `performance.now()` */
  constructor(from: Source, startedAtMs: number) {
    this.source = 'pid' in from ? 'proc' : 'metrics';
    const read = () =>
      'pid' in from ? ofProcess(from.pid, startedAtMs) : ofMetrics(from.target, startedAtMs);
    const sample = () =>
      void read().then(
        (one) => one && this.samples.push(one),
        () => undefined,
      );
    this.#timer = setInterval(sample, SAMPLE_MS);
    sample();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function ofMetrics({ url, apiKey }: Target, startedAtMs: number): Promise<ServerSample | null> {
  const headers = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const response = await fetch(below(url, 'metrics'), { headers, signal: AbortSignal.timeout(SAMPLE_MS) });
  return response.ok ? readMetrics(await response.text(), performance.now() - startedAtMs) : null;
}

async function ofProcess(pid: number, startedAtMs: number): Promise<ServerSample> {
  const [{ rssMb }, cpuSeconds] = await Promise.all([residentOf(pid), cpuSecondsOf(pid)]);
  return { atMs: performance.now() - startedAtMs, cpuSeconds, rssMb };
}

/** With that of the processes that it has started and that still run. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold spaces, user and system time are fields 14 and 15 of all.
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const below = await Promise.all(children.map((child) => cpuSecondsOf(child).catch(() => 0)));
  return below.reduce((sum, seconds) => sum + seconds, (user + system) / TICKS);
}
