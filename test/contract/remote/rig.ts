import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSession, Segment, VisavisError } from '#modules/contracts';
import { RemoteEngine, type RemoteOptions } from '#modules/decoder';
import {
  FakeChatServer,
  type FakeServerOptions,
} from '../../../modules/decoder/testing/remote/fake-chat-server.js';

// What the engine that others run does beyond what every engine does. Real: HTTP over loopback, the encoder of pictures. Made up:
// the servers.

export const turn = (id: string, edge: 'open' | 'close', role: 'user' | 'system' = 'user'): Segment => ({
  k: 'turn',
  id,
  role,
  edge,
});
export const SIZE = { width: 64, height: 48, quality: 80 };
export const frame = (id: string, grey = 90): Segment => ({
  k: 'frame',
  id,
  ptsMs: 0,
  image: { ...SIZE, data: new Uint8Array(SIZE.width * SIZE.height * 3).fill(grey) },
});
export const sound = (id: string, seconds = 1): Segment => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: Float32Array.from({ length: seconds * 16_000 }, (_, at) => Math.sin(at * 0.1) * 0.1),
  final: true,
});
export const text = (id: string, words = 'what color is the star'): Segment => ({
  k: 'text',
  id,
  text: words,
});

export async function put(session: EngineSession, ...segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await session.append(segment);
}
export const ask = (session: EngineSession, id: string): Promise<void> =>
  put(session, turn(id, 'open'), text(`${id} text`), turn(id, 'close'));

export async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 5) {
    if (what()) return;
    await sleep(5);
  }
  throw new Error(`it never came to ${String(what)}`);
}

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: VisavisError) => error.code,
  );

const MOST_TRIES = 20;

/** Engines before fake servers, which end with the test that began them. */
export class RemoteRig {
  private readonly engines: RemoteEngine[] = [];
  private readonly servers: FakeChatServer[] = [];

  async serve(options: FakeServerOptions = {}): Promise<FakeChatServer> {
    const server = await FakeChatServer.start(options);
    this.servers.push(server);
    return server;
  }

  /** Loads until all servers are there: to one whose patience is short a busy machine's may seem to be gone. */
  async load(
    servers: readonly FakeChatServer[],
    options: Partial<RemoteOptions> = {},
  ): Promise<RemoteEngine> {
    for (let tries = 1; ; tries++) {
      const engine = new RemoteEngine({ urls: servers.map(({ url }) => url), image: SIZE, ...options });
      this.engines.push(engine);
      try {
        await engine.load();
        if (engine.stats.workersUp === servers.length || tries === MOST_TRIES) return engine;
      } catch (error) {
        if (tries === MOST_TRIES || (error as VisavisError).code !== 'engine_failed') throw error;
      }
    }
  }

  async start(options: FakeServerOptions = {}, settings: Partial<RemoteOptions> = {}) {
    const server = await this.serve(options);
    const engine = await this.load([server], settings);
    return { server, engine, session: await engine.open({ system: 'Be kind.', tenant: 't' }) };
  }

  async end(): Promise<void> {
    for (const engine of this.engines.splice(0)) await engine.close({ drainMs: 0 });
    for (const server of this.servers.splice(0)) await server.kill();
  }
}
