import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from '../support/cli.js';
import { REPOSITORY } from '../support/repository.js';
import { stackOf } from './stack.js';

const MAIN = join(REPOSITORY, 'dist/src/main.js');
const START_MS = 120_000;
const STOP_MS = 25_000;
const POLL_MS = 250;
/** So many polls in a row without an answer: a gateway that nobody can ask is gone (of one that we did not start). */
const POLLS_LOST = 8;
/** A gateway of ours that answers nobody for so long is stuck (ms): everybody's call is lost as if it had died. */
const STUCK_MS = 15_000;
/** Lines of the log that are kept. */
const LINES_KEPT = 400;
/** Levels of the log from which on something is wrong inside: a bug that was caught. */
const ERROR_LEVEL = 50;

/** How a gateway ended. */
export interface Exit {
  /** Code or signal; `stuck` where it answered nobody any more and was killed; `unreachable` where the process is somebody else's. */
  readonly how: string;
  readonly log: readonly string[];
}

/** A gateway under test, which may end at any time. */
export interface Target {
  /** Ends in a slash. */
  readonly url: string;
  /** Null: not known. */
  readonly pid: number | null;
  readonly exited: Promise<Exit>;
  /** The end of its log. */
  log(): readonly string[];
  stop(): Promise<void>;
}

export interface TargetOptions {
  /** Is told what the log calls an error, as `message: reason`. */
  readonly onError: (what: string) => void;
  /** Leave a core dump behind, where the system allows it. */
  readonly cores: boolean;
}

/** Starts the built gateway. @throws ToolError where it does not come up */
export async function startGateway({ onError, cores }: TargetOptions): Promise<Target> {
  // A port of its own, so that SIGUSR1 opens the inspector whatever else runs here.
  const argv = [process.execPath, ...process.execArgv, '--inspect-port=127.0.0.1:0', MAIN];
  const child = spawn('sh', ['-c', `${cores ? 'ulimit -c unlimited; ' : ''}exec "$@"`, 'sh', ...argv], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      VISAVIS_PORT: '0',
      VISAVIS_HOST: '127.0.0.1',
      VISAVIS_ICE_HOSTS: '127.0.0.1',
      VISAVIS_LOG_LEVEL: 'info',
    },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const log: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.push(line);
      if (log.length > LINES_KEPT) log.shift();
      const entry = parse(line);
      if (entry?.msg === 'listening' && entry.url) resolve(entry.url);
      if ((entry?.level ?? 0) >= ERROR_LEVEL)
        onError(`${entry?.msg ?? ''}: ${entry?.err?.stack ?? entry?.err?.message ?? ''}`);
    });
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    process.off('exit', kill);
    return { how: String(code ?? signal), log: [...log] };
  });
  const url = await Promise.race([
    listening,
    exited.then(({ how }) => `ended with ${how}`),
    sleep(START_MS, undefined, { ref: false }).then(() => `did not come up within ${START_MS / 1000} s`),
  ]);
  if (!url.startsWith('http')) {
    kill();
    throw new ToolError(`the gateway ${url}:\n${log.slice(-20).join('\n')}`);
  }
  while (!(await healthy(url))) await sleep(POLL_MS);
  let stuck = false;
  const ended = exited.then((exit) => (stuck ? { ...exit, how: 'stuck' } : exit));
  void untilStuck(url, child).then(async () => {
    stuck = child.exitCode === null && child.signalCode === null;
    if (stuck) log.push(...(await whereStuck(child, log)));
    kill();
  });
  return { url, pid: child.pid ?? null, exited: ended, log: () => [...log], stop: () => end(child, exited) };
}

/** What the main thread is busy with. */
async function whereStuck(child: ChildProcess, log: readonly string[]): Promise<string[]> {
  child.kill('SIGUSR1');
  await sleep(2000);
  const inspector = log.findLast((line) => line.includes('ws://'))?.match(/ws:\/\/\S+/)?.[0];
  const stack = inspector === undefined ? [] : await stackOf(inspector);
  return ['stuck Error: nobody was answered', ...stack];
}

/** Resolves when the gateway has answered nobody for too long, or has ended. */
async function untilStuck(url: string, child: ChildProcess): Promise<void> {
  for (
    let lastMs = performance.now();
    performance.now() - lastMs < STUCK_MS;
    await sleep(4 * POLL_MS, undefined, { ref: false })
  ) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (await answers(url)) lastMs = performance.now();
  }
}

/** Watches a gateway that somebody else runs. @throws ToolError where none answers */
export async function watchGateway(url: string): Promise<Target> {
  const base = url.endsWith('/') ? url : `${url}/`;
  if (!(await healthy(base))) throw new ToolError(`no gateway is ready at ${base}`);
  const stopped = new AbortController();
  const exited = (async (): Promise<Exit> => {
    for (let lost = 0; lost < POLLS_LOST; await sleep(POLL_MS, undefined, { ref: false })) {
      lost = stopped.signal.aborted || (await answers(base)) ? 0 : lost + 1;
    }
    return { how: 'unreachable', log: [] };
  })();
  return { url: base, pid: null, exited, log: () => [], stop: async () => stopped.abort() };
}

/** Waits until a gateway that somebody else runs is back. */
export async function awaitGateway(url: string): Promise<void> {
  while (!(await healthy(url))) await sleep(POLL_MS);
}

/** Resident memory (MB), the middle of five measurements within some seconds; null where it is not known. */
export async function residentMb(pid: number | null): Promise<number | null> {
  if (pid === null) return null;
  const samples: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN);
    if (Number.isNaN(kilobytes)) return null;
    samples.push(kilobytes / 1024);
    await sleep(1000);
  }
  return Math.round((samples.sort((a, b) => a - b)[2] ?? 0) * 10) / 10;
}

async function end(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await Promise.race([exited, sleep(STOP_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await exited;
}

async function healthy(url: string): Promise<boolean> {
  const response = await fetch(new URL('health', url), { signal: AbortSignal.timeout(5000) }).catch(
    () => null,
  );
  return response?.ok ?? false;
}

/** Somebody listens there; what they say does not matter. */
async function answers(url: string): Promise<boolean> {
  return fetch(new URL('health', url), { signal: AbortSignal.timeout(10_000) }).then(
    // A body that nobody reads keeps its connection: after some minutes of looking there would be no file left for another.
    (response) =>
      response.arrayBuffer().then(
        () => true,
        () => true,
      ),
    () => false,
  );
}

interface LogEntry {
  readonly msg?: string;
  readonly url?: string;
  readonly level?: number;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

/** The gateway's log is one JSON object a line; what Node writes as it dies is none. */
function parse(line: string): LogEntry | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return null;
  }
}
