import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSession, RgbImage } from '#modules/contracts';
import { seededRandom } from '../../modules/decoder/core/text/sampler.js';
import type { RemoteEngine } from '#modules/decoder';

const SAMPLES = 16_000;
/** Until a frame that is sent ahead is in the server's cache, at the most (ms). */
const WARM_MS = 30_000;

/** One session before a real server: what is shown and said, with names of their own. */
export class ServerSession {
  readonly session: EngineSession;
  private readonly engine: RemoteEngine;
  private count = 0;

  private constructor(session: EngineSession, engine: RemoteEngine) {
    this.session = session;
    this.engine = engine;
  }

  static async open(engine: RemoteEngine, tenant: string, system = 'You see.'): Promise<ServerSession> {
    return new ServerSession(await engine.open({ system, tenant }), engine);
  }

  async begin(): Promise<void> {
    await this.session.append({ k: 'turn', id: this.id(), role: 'user', edge: 'open' });
  }

  async end(): Promise<void> {
    await this.session.append({ k: 'turn', id: this.id(), role: 'user', edge: 'close' });
  }

  async say(text: string): Promise<void> {
    await this.session.append({ k: 'text', id: this.id(), text });
  }

  /** A second of something. */
  async speak(seed: number): Promise<void> {
    const pcm = Float32Array.from({ length: SAMPLES }, (_, n) => 0.3 * Math.sin(n * 0.01 * (1 + seed)));
    await this.session.append({ k: 'audio', id: this.id(), ptsMs: 0, pcm, final: true });
  }

  /**
   * Shows a picture that is the same for the same seed.
   * @param ahead false: it is not waited for until the server has it
   */
  async show(seed: number, ahead = true): Promise<void> {
    const { requests } = this.engine.stats.warm;
    const untilMs = performance.now() + WARM_MS;
    await this.session.append({ k: 'frame', id: this.id(), ptsMs: seed * 1000, image: this.picture(seed) });
    while (ahead && this.engine.stats.warm.requests === requests) {
      if (performance.now() > untilMs) throw new Error('the frame was not sent ahead');
      await sleep(20);
    }
  }

  private picture(seed: number): RgbImage {
    const { width, height } = this.engine.caps.frameSize;
    const random = seededRandom(seed + 1);
    const [red, green, blue] = [random(), random(), random()];
    const data = new Uint8Array(width * height * 3);
    for (let at = 0; at < data.length; at += 3) {
      data[at] = 255 * (red ?? 0);
      data[at + 1] = ((at / 3) % width) & 128 ? 255 * (green ?? 0) : 0;
      data[at + 2] = 255 * (blue ?? 0);
    }
    return { width, height, data };
  }

  private id(): string {
    this.count += 1;
    return `${this.count}`;
  }
}
