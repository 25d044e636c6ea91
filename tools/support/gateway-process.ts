import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from './cli.js';
import { REPOSITORY } from './repository.js';

const MAIN = join(REPOSITORY, 'dist/src/main.js');
/** Loading the model and the libraries, on a busy machine (ms). */
const START_MS = 60_000;
const HEALTH_POLL_MS = 200;
/** An orderly end; after it the process is killed (ms). */
const STOP_MS = 12_000;
/** Lines of the log that are kept, to tell why a gateway did not start, or ended. */
const LINES_KEPT = 40;

/** How a gateway is to be watched. */
export interface WatchOptions {
  /** Further flags of Node. */
  readonly nodeFlags?: readonly string[];
  /** Where it runs, and leaves a core dump when it crashes. Default: the repository, and none. */
  readonly folder?: string;
  /** What starts it, of the command that does. Default: the command itself. */
  readonly wrap?: (command: readonly string[]) => [string, ...string[]];
  /** Is given each line of its log. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Launched {
  readonly child: ChildProcess;
  /** Becomes the gateway's address, once it listens. */
  readonly listening: Promise<string>;
  readonly ended: Promise<ProcessEnd>;
  /** Rejects when the process ends, saying why. */
  readonly died: Promise<never>;
}

/** The built gateway as a process of its own, on a free port of loopback. */
export class GatewayProcess {
  /** Ends in a slash. */
  readonly url: string;
  /** Rejects with a ToolError when the process ends, with the end of its log; it also does after `stop`. */
  readonly died: Promise<never>;
  /** Resolves when the process has ended, however that came. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  private constructor(url: string, { child, died, ended }: Launched) {
    this.url = url;
    this.died = died;
    this.ended = ended;
    this.#child = child;
  }

  /**
   * Resolves when /health says that every part works.
   * @param settings `VISAVIS_*`, over those of this process
   * @throws ToolError with the end of the gateway's log where it does not come up
   */
  static async start(
    settings: Record<string, string> = {},
    options: WatchOptions = {},
  ): Promise<GatewayProcess> {
    const launched = launch(settings, options);
    const { child, listening, died } = launched;
    const late = new AbortController();
    const timeout = sleep(START_MS, undefined, { signal: late.signal }).then(() => {
      throw new ToolError(`the gateway did not come up within ${START_MS / 1000} s`);
    });
    // Whichever comes first is told; that the others come later is no news.
    for (const loser of [timeout, died, listening]) loser.catch(() => undefined);
    const gateway = listening.then((url) => new GatewayProcess(url, launched));
    try {
      await Promise.race([gateway.then((g) => g.#healthy(late.signal)), died, timeout]);
      return await gateway;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      late.abort();
    }
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new ToolError('the gateway was never started');
    return this.#child.pid;
  }

  /** The text of /metrics. Gauges "since the last scrape" begin anew. */
  async metrics(): Promise<string> {
    return (await fetch(new URL('metrics', this.url))).text();
  }

  /** Asks it to end, as a service manager does; in vain, it is killed. Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'close');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }

  async #healthy(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { ok } = await fetch(new URL('health', this.url), { signal });
      if (ok) return;
      await sleep(HEALTH_POLL_MS, undefined, { signal });
    }
  }
}

function launch(settings: Record<string, string>, options: WatchOptions): Launched {
  const { folder, nodeFlags = [], onLine, wrap } = options;
  const command = folder === undefined ? gatewayCommand(nodeFlags) : withCores(gatewayCommand(nodeFlags));
  const [program, ...args] = wrap?.(command) ?? command;
  const child = spawn(program, args, {
    cwd: folder ?? REPOSITORY,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      VISAVIS_PORT: '0',
      VISAVIS_HOST: '127.0.0.1',
      VISAVIS_ICE_HOSTS: '127.0.0.1',
      // Its address comes by the log.
      VISAVIS_LOG_LEVEL: 'info',
      VISAVIS_MODEL: resolve(REPOSITORY, process.env['VISAVIS_MODEL'] ?? 'models/visavis-pocket'),
      ...settings,
    },
  });
  // A tool that is killed takes its gateway along.
  const kill = () => void child.kill('SIGTERM');
  const interrupted = () => process.exit(130);
  process.once('exit', kill).once('SIGINT', interrupted).once('SIGTERM', interrupted);

  const lines: string[] = [];
  const { promise: listening, resolve: found } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      onLine?.(line);
      const url = addressIn(line);
      if (url) found(url);
    });
  }
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => {
    process.off('exit', kill).off('SIGINT', interrupted).off('SIGTERM', interrupted);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const died = ended.then(({ code, signal }): never => {
    throw new ToolError(`the gateway ended with ${String(code ?? signal)}:\n${lines.join('\n')}`);
  });
  return { child, listening, ended, died };
}

function gatewayCommand(nodeFlags: readonly string[]): [string, ...string[]] {
  return [process.execPath, ...process.execArgv, ...nodeFlags, MAIN];
}

/** Node cannot lift its own limit on core dumps: a shell does, and becomes the command. */
function withCores(command: readonly string[]): [string, ...string[]] {
  return ['/bin/sh', '-c', 'ulimit -c unlimited 2>/dev/null; exec "$@"', 'sh', ...command];
}

/** The gateway's log is one JSON object a line; "listening" tells where. */
function addressIn(line: string): string | null {
  const entry = logEntry(line);
  return entry?.['msg'] === 'listening' && typeof entry['url'] === 'string' ? entry['url'] : null;
}

/** A line of the gateway's log; null for what its libraries write, and for the stack of a crash. */
export function logEntry(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
