import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from '../../support/cli.js';
import { REPOSITORY } from '../../support/repository.js';

/** Where the bot runs: this core alone. */
export const CORE = '0';
/** Until the bot sits in all rooms, and sees in all (ms). */
const START_MS = 60_000;
const POLL_MS = 100;
/** Of /proc: clock ticks a second, and bytes of a page, on every Linux that Node runs on here. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

/** The built bot as a process on one core. */
export class PinnedBot {
  readonly #child: ChildProcess;
  readonly #port: number;
  #log = '';

  constructor(gateway: string, addresses: readonly string[], port: number) {
    this.#port = port;
    const rooms = addresses.flatMap((address) => ['--room', address]);
    const more = ['--metrics-port', String(port), '--max-minutes', '600'];
    const command = [
      process.execPath,
      'dist/tools/call-bot/main.js',
      '--gateway',
      gateway,
      ...rooms,
      ...more,
    ];
    this.#child = spawn('taskset', ['-c', CORE, ...command], {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const note = (bytes: Buffer) => (this.#log = (this.#log + bytes.toString()).slice(-20_000));
    this.#child.stdout?.on('data', note);
    this.#child.stderr?.on('data', note);
    this.#child.on('error', ({ message }) => note(Buffer.from(message)));
    const kill = () => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.once('close', () => process.off('exit', kill));
  }

  /** @throws ToolError where it does not */
  async reaches(name: string, value: number): Promise<void> {
    let last = NaN;
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(POLL_MS)) {
      last = await this.value(name);
      if (last >= value) return;
      if (this.#child.exitCode !== null) break;
    }
    throw new ToolError(`the bot's ${name} is ${last}, not ${value}: ${this.#log}`);
  }

  /** Of a counter or gauge, all labels together; NaN before it serves. */
  async value(name: string): Promise<number> {
    const text = await fetch(`http://127.0.0.1:${this.#port}/metrics`).then(
      (response) => response.text(),
      () => null,
    );
    if (text === null) return NaN;
    const lines = [...text.matchAll(new RegExp(`^visavis_bot_${name}(?:\\{[^}]*\\})? (.*)$`, 'gm'))];
    return lines.reduce((sum, [, each]) => sum + Number(each), 0);
  }

  async cpuSeconds(): Promise<number> {
    // Behind the name, which may hold anything: utime and stime are the 12th and 13th.
    const fields = (await this.#proc('stat')).replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }

  async residentMb(): Promise<number> {
    return (Number((await this.#proc('statm')).split(' ')[1]) * PAGE_BYTES) / 2 ** 20;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await ended;
  }

  #proc(file: string): Promise<string> {
    return readFile(join('/proc', String(this.#child.pid), file), 'utf8');
  }
}
