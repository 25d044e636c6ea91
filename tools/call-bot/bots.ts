import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { BotMetrics } from './metrics.js';
import { RoomBot, type BotEnd, type RoomBotParts } from './room-bot.js';
import type { RoomAdapter } from './rooms/room.js';

/** Of one process. */
export const MOST_ROOMS = 64;
/** What has been asked is answered before the bots go (ms). */
const DRAIN_MS = 10_000;
const DRAIN_POLL_MS = 100;

/** A bot that sits in a room, or is on its way there. */
export interface Sitting {
  /** Why it went; never rejects. */
  readonly ended: Promise<BotEnd | 'not_joined'>;
  stop(): void;
}

/** What all bots of a process share. */
export type BotsParts = Omit<RoomBotParts, 'adapter'>;

/** The bots of one process, each in a room of its own: what happens to one is of no concern to another. */
export class Bots {
  readonly #bots = new Map<RoomBot, Promise<BotEnd | 'not_joined'>>();
  #draining = false;

  constructor(private readonly parts: BotsParts) {}

  /** Whether another room may be sat in: there are not too many already, and the process is not to end. */
  get hasPlace(): boolean {
    return !this.#draining && this.#bots.size < MOST_ROOMS;
  }

  /** @returns null: there is no place */
  sit(adapter: RoomAdapter): Sitting | null {
    if (!this.hasPlace) return null;
    const bot = new RoomBot({ ...this.parts, adapter });
    const run = bot.run().catch((error: unknown) => {
      this.parts.log.warn({ room: adapter.address, error: String(error) }, 'room refused');
      return 'not_joined' as const;
    });
    this.#bots.set(bot, run);
    void run.finally(() => this.#bots.delete(bot));
    return { ended: run, stop: () => bot.stop() };
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Resolves when no bot is in a room any more. @returns why each went, in the order of their coming */
  ended(): Promise<(BotEnd | 'not_joined')[]> {
    return Promise.all(this.#bots.values());
  }

  /** Takes no further room, lets what was asked be answered, and leaves. */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const busy = () => [...this.#bots.keys()].some((bot) => bot.busy);
    for (const end = performance.now() + DRAIN_MS; busy() && performance.now() < end;) {
      await new Promise((resolve) => {
        setTimeout(resolve, DRAIN_POLL_MS);
      });
    }
    for (const bot of this.#bots.keys()) bot.stop();
    await this.ended();
  }
}

/**
 * Serves `/metrics` and `/health` (503 while it drains) on loopback.
 * @param port 0: a free one
 */
export async function serveMetrics(bots: Bots, { registry }: BotMetrics, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://bot');
    if (pathname === '/metrics') {
      void registry
        .metrics()
        .then((text) => response.setHeader('content-type', registry.contentType).end(text));
    } else if (pathname === '/health') {
      response.statusCode = bots.draining ? 503 : 200;
      response.end(JSON.stringify({ status: bots.draining ? 'draining' : 'ready' }));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
