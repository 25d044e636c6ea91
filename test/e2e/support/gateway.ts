import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { healthSchema } from '@vis-a-vis/protocol';
import type { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = 'dist/src/main.js';
/** What can be preloaded into a gateway: its engine workers become mortal, it can be probed, a script answers or calls tools, or answers take their time (see the files). */
const PRELOADS = {
  mortal: new URL('../../support/mortal-gateway.mjs', import.meta.url).href,
  probed: new URL('../../support/probed-gateway.mjs', import.meta.url).href,
  calling: new URL('../../support/calling-gateway.mjs', import.meta.url).href,
  scripted: new URL('../../support/scripted-gateway.mjs', import.meta.url).href,
  paced: new URL('../../support/paced-gateway.mjs', import.meta.url).href,
};
type Preload = boolean | Exclude<keyof typeof PRELOADS, 'mortal'>;
/** Loading the model and the libraries, on a busy machine (ms). */
const START_MS = 60_000;

/** How a gateway process ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built gateway, as a process of its own on a free port of loopback. */
export class Gateway {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly ended: Promise<Ended>,
  ) {}

  /**
   * @param settings overrides of `VISAVIS_*`
   * @param preload true: its engine workers can be struck
   * @param within what runs it somewhere else, such as in a network namespace
   */
  static async start(
    settings: Record<string, string> = {},
    preload: Preload = false,
    within: readonly string[] = [],
  ): Promise<Gateway> {
    const { child, ended } = launch([], settings, preload, within);
    const listening = new Promise<string>((resolve) => {
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const url = urlIn(line);
        if (url !== null) resolve(url);
      });
    });
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`the gateway did not start in ${START_MS} ms`)),
      START_MS,
    );
    const died = ended.then(({ code, stderr, stdout }) => {
      throw new Error(`the gateway ended with ${code}: ${stderr || stdout}`);
    });
    try {
      return new Gateway(await Promise.race([listening, died, late]), child, ended);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
      // Both go on after the race; from here on the end of the process is `stop`'s business.
      died.catch(() => undefined);
      late.catch(() => undefined);
    }
  }

  /**
   * Has an engine worker of a mortal gateway end, or block for a while.
   * @param which 0..1: one of those that are up
   * @returns false: none is
   */
  async strike(which: number, what: { do: 'die' } | { do: 'hang'; forMs: number }): Promise<boolean> {
    const answer = once(this.child, 'message');
    this.child.send({ which, ...what });
    const [{ struck }] = (await answer) as [{ struck: boolean }];
    return struck;
  }

  /** Has a probed gateway throw where no code foresaw it. @param port of the call whose socket throws */
  async throwIn(where: 'timer' | 'rejection' | 'socket', port = 0): Promise<void> {
    const answer = once(this.child, 'message');
    this.child.send({ do: where, port });
    await answer;
  }

  /** Has the VAD worker of a probed gateway die. @param forGood none can be started any more */
  async loseVad(forGood: boolean): Promise<void> {
    const answer = once(this.child, 'message');
    this.child.send({ do: forGood ? 'vad-for-good' : 'vad' });
    await answer;
  }

  /** Has a probed gateway collect what is garbage, and write what is left. */
  async writeHeap(file: string): Promise<void> {
    const answer = once(this.child, 'message');
    this.child.send({ do: 'heap', file });
    await answer;
  }

  /** What a probed gateway's main thread keeps alive (bytes), once what is garbage has been collected. */
  async liveBytes(): Promise<number> {
    const answer = once(this.child, 'message');
    this.child.send({ do: 'memory' });
    const [{ result }] = (await answer) as [{ result: number }];
    return result;
  }

  /** Resolves when it has ended by itself. */
  get end(): Promise<Ended> {
    return this.ended;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Asks it to stop, and does not wait. */
  terminate(): void {
    this.child.kill('SIGTERM');
  }

  /** Asks it to stop, as a service manager does. */
  async stop(): Promise<Ended> {
    this.terminate();
    return this.ended;
  }

  async health(): Promise<z.infer<typeof healthSchema>> {
    return healthSchema.parse(await (await fetch(`${this.url}health`)).json());
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}metrics`)).text();
  }
}

/** Runs the gateway's program to its end. */
export function runGateway(args: string[], settings: Record<string, string> = {}): Promise<Ended> {
  return launch(args, settings).ended;
}

/** Runs it, whether it comes up or not. */
export function launchGateway(settings: Record<string, string> = {}) {
  const { child, ended } = launch([], settings);
  return { ended, terminate: () => void child.kill('SIGTERM') };
}

function launch(
  args: string[],
  settings: Record<string, string>,
  preload: Preload = false,
  within: readonly string[] = [],
) {
  const preloads = preload ? ['--import', PRELOADS[preload === true ? 'mortal' : preload]] : [];
  const [program, ...rest] = [...within, process.execPath];
  const child = spawn(
    program ?? process.execPath,
    [...rest, '--enable-source-maps', ...preloads, MAIN, ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe', preload ? 'ipc' : 'ignore'],
      env: {
        ...process.env,
        VISAVIS_PORT: '0',
        VISAVIS_ICE_HOSTS: '127.0.0.1',
        VISAVIS_LOG_LEVEL: 'info',
        ...settings,
      },
    },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...output,
  }));
  return { child, ended };
}

/** The gateway's log is one JSON object a line; "listening" tells where. */
function urlIn(line: string): string | null {
  if (!line.startsWith('{')) return null;
  const entry = JSON.parse(line) as { msg?: string; url?: string };
  return entry.msg === 'listening' ? (entry.url ?? null) : null;
}
