import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = 'dist/tools/call-bot/main.js';
/** On a busy machine (ms). */
const LONGEST_MS = 40_000;
const POLL_MS = 50;

/** The built bot as a process of its own. */
export class BotProcess {
  #log = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    const note = (bytes: Buffer) => void (this.#log += bytes.toString());
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  static async start(args: readonly string[]): Promise<BotProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [MAIN, ...args, '--metrics-port', String(port)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return Promise.resolve(new BotProcess(child, port));
  }

  /** Waits until a counter or gauge has come to a value. @throws Error where it does not */
  async reaches(name: string, value: number): Promise<void> {
    let last = NaN;
    for (const end = performance.now() + LONGEST_MS; performance.now() < end; await sleep(POLL_MS)) {
      last = await this.value(name);
      if (last >= value) return;
    }
    throw new Error(`${name} is ${last}, not ${value}; the bot wrote: ${this.#log}`);
  }

  /** Of a counter or gauge, all labels together; NaN before it serves. */
  async value(name: string): Promise<number> {
    const text = await fetch(`http://127.0.0.1:${this.port}/metrics`).then(
      (response) => response.text(),
      () => null,
    );
    if (text === null) return NaN;
    const lines = [...text.matchAll(new RegExp(`^visavis_bot_${name}(?:\\{[^}]*\\})? (.*)$`, 'gm'))];
    return lines.reduce((sum, [, each]) => sum + Number(each), 0);
  }

  /** Asks it to end, as a service manager does. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    return this.child.exitCode;
  }

  get written(): string {
    return this.#log;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
