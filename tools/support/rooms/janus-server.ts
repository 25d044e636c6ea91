import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ToolError } from '../cli.js';
import { REPOSITORY } from '../repository.js';
import { freePort } from './ports.js';

/** How long it may take to start on a busy machine (ms). */
const START_MS = 20_000;
/** Where Debian's package has what Janus loads, on each architecture. */
const LIBRARIES = '/usr/lib/*/janus';
const LOADED = { plugins: ['videoroom', 'textroom'], transports: ['websockets'] };

/** A Janus server of loopback (Debian's `janus`), with a VideoRoom and a TextRoom of each number. Needs `cc` for its loopback. */
export class JanusServer {
  /** Of its WebSocket API. */
  readonly url: string;
  #child: ChildProcess | null = null;
  #log = '';

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {
    this.url = `ws://127.0.0.1:${port}`;
  }

  /** @throws ToolError where it does not come up */
  static async start(rooms: readonly number[]): Promise<JanusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-janus-'));
    const server = new JanusServer(await freePort(), folder);
    try {
      await server.#configure(rooms);
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** What it has written. */
  get written(): string {
    return this.#log;
  }

  /** Starts it, again where it ran: it then knows nobody any more. @throws ToolError */
  async restart(): Promise<void> {
    await this.kill();
    const child = spawn('janus', ['--configs-folder', this.folder, '--disable-colors'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LD_PRELOAD: join(this.folder, 'loopback-ice.so') },
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

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #configure(rooms: readonly number[]): Promise<void> {
    const { folder } = this;
    const preload = join(folder, 'loopback-ice.so');
    const source = join(REPOSITORY, 'tools/support/rooms/loopback-ice.c');
    const built = spawnSync('cc', ['-shared', '-fPIC', '-O', '-o', preload, source, '-ldl'], {
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new ToolError(`cc failed: ${built.stderr || String(built.error)}`);
    for (const [kind, names] of Object.entries(LOADED)) await linkLibraries(kind, names, join(folder, kind));
    await mkdir(join(folder, 'none'));
    const files = {
      'janus.jcfg': `general: { configs_folder = "${folder}" plugins_folder = "${folder}/plugins" transports_folder = "${folder}/transports"
        events_folder = "${folder}/none" loggers_folder = "${folder}/none" debug_level = 4 admin_secret = "unused" session_timeout = 60 }
        nat: { ice_enforce_list = "127.0.0.1" full_trickle = false }`,
      'janus.transport.websockets.jcfg': `general: { json = "compact" ws = true ws_port = ${this.port} ws_ip = "127.0.0.1" wss = false }
        admin: { admin_ws = false }`,
      'janus.plugin.videoroom.jcfg': rooms
        .map(
          (room) =>
            `room-${room}: { description = "room ${room}" publishers = 30 bitrate = 1000000 audiocodec = "opus" videocodec = "vp8,h264" notify_joining = true }`,
        )
        .join('\n'),
      'janus.plugin.textroom.jcfg': rooms
        .map((room) => `room-${room}: { description = "room ${room}" }`)
        .join('\n'),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), `${text}\n`);
  }

  async #listening(child: ChildProcess): Promise<void> {
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(50)) {
      if (child.exitCode !== null || child.pid === undefined) break;
      if (await opens(this.url)) return;
    }
    throw new ToolError(`janus does not listen: ${this.#log}`);
  }
}

/** Debian's libraries have their version in their names, and Janus loads all that it finds. */
async function linkLibraries(kind: string, names: readonly string[], folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of names) {
    const [file] = globSync(`${LIBRARIES}/${kind}/libjanus_${name}.so*`);
    if (file === undefined)
      throw new ToolError(`Janus has no ${name} in ${LIBRARIES}: apt-get install janus`);
    await symlink(file, join(folder, `libjanus_${name}.so`));
  }
}

async function opens(url: string): Promise<boolean> {
  const socket = new WebSocket(url, 'janus-protocol');
  try {
    await once(socket, 'open');
    return true;
  } catch {
    return false;
  } finally {
    socket.terminate();
  }
}
