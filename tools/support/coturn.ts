import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long it may take to start on a busy machine (ms). */
const START_MS = 10_000;

/** A TURN server of loopback (Debian's coturn), which relays to loopback, too. */
export class Coturn {
  private log = '';

  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    const note = (bytes: Buffer) => void (this.log += bytes.toString());
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  /**
   * @param secret that the gateway shares with it
   * @param more further options of turnserver
   */
  static async start(port: number, secret: string, more: readonly string[] = []): Promise<Coturn> {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-turn-'));
    const options = [
      ['-n', '--verbose', '--log-file=stdout'],
      ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`],
      ['--min-port=21800', '--max-port=21860', '--realm=visavis.test'],
      ['--use-auth-secret', `--static-auth-secret=${secret}`],
      // It refuses the one without the other.
      ['--allow-loopback-peers', '--cli-password=unused', '--no-cli'],
      ['--no-tls', '--no-dtls', `--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'db')}`],
      more,
    ].flat();
    const child = spawn('turnserver', options, { stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new Coturn(port, child, folder);
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([server.listening(), failed]);
    failed.catch(() => undefined);
    return server;
  }

  /** What it has written. */
  get written(): string {
    return this.log;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    if (this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async listening(): Promise<void> {
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(50)) {
      if (this.child.exitCode !== null) break;
      const socket = connect(this.port, '127.0.0.1');
      const open = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      socket.destroy();
      if (open) return;
    }
    await this.stop();
    throw new Error(`turnserver does not listen: ${this.log}`);
  }
}
