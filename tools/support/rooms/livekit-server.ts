import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from '../cli.js';
import { REPOSITORY } from '../repository.js';
import { freePort, freeUdpPort } from './ports.js';

/** What scripts/lib/servers/livekit.mjs builds. */
const PROGRAM = join(REPOSITORY, 'tools/support/rooms/.livekit/v1.11.0/livekit-server');
/** How long it may take to start on a busy machine (ms). */
const START_MS = 20_000;

/** A LiveKit server of loopback (`scripts/bot-parts.mjs livekit` builds it), whose rooms come to be by being joined. */
export class LiveKitServer {
  /** Of the key that it takes (`--dev`). */
  static readonly KEY = { id: 'devkey', secret: 'secret' };
  /** Of its signalling. */
  readonly url: string;
  #child: ChildProcess | null = null;
  #log = '';

  private constructor(
    private readonly port: number,
    private readonly udpPort: number,
  ) {
    this.url = `ws://127.0.0.1:${port}`;
  }

  /** @throws ToolError where it does not come up */
  static async start(): Promise<LiveKitServer> {
    const server = new LiveKitServer(await freePort(), await freeUdpPort());
    await server.restart();
    return server;
  }

  /** What it has written. */
  get written(): string {
    return this.#log;
  }

  /** Starts it, again where it ran: it then knows nobody any more. @throws ToolError */
  async restart(): Promise<void> {
    await this.kill();
    const child = spawn(PROGRAM, ['--dev', '--config-body', this.#config()], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const note = (bytes: Buffer) => (this.#log = (this.#log + bytes.toString()).slice(-100_000));
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('error', (error) => note(Buffer.from(error.message)));
    // A tool that is killed takes it along.
    const kill = () => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    await this.#listening(child);
  }

  /** Ends it, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  stop(): Promise<void> {
    return this.kill();
  }

  /** All on loopback: nobody else is asked where we are, and nobody is told to ask. */
  #config(): string {
    return JSON.stringify({
      port: this.port,
      bind_addresses: ['127.0.0.1'],
      logging: { level: 'info' },
      rtc: {
        udp_port: this.udpPort,
        tcp_port: 0,
        use_external_ip: false,
        node_ip: '127.0.0.1',
        enable_loopback_candidate: true,
        ips: { includes: ['127.0.0.1/32'] },
      },
    });
  }

  async #listening(child: ChildProcess): Promise<void> {
    const url = this.url.replace(/^ws/, 'http');
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(50)) {
      if (child.exitCode !== null || child.pid === undefined) break;
      const up = await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) return;
    }
    throw new ToolError(`livekit-server does not listen: ${this.#log}`);
  }
}
