import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { reroute, type Endpoint } from '../../soak/wire.js';
import type { Link } from './link.js';

const LOOPBACK = '127.0.0.1';

/** A network between one caller and the server: a relay of UDP that needs no privileges. Both sides of it are models. */
export class Relay {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #timers = new Set<NodeJS.Timeout>();
  #clientAt: Endpoint | null = null;
  #closed = false;

  private constructor(sockets: { client: Socket; server: Socket }, links: Links, target: Endpoint) {
    this.#client = sockets.client;
    this.#server = sockets.server;
    this.#client.on('message', (data, from) => {
      this.#clientAt = from;
      this.#through(links.up, data, () => this.#server.send(data, target.port, target.address));
    });
    this.#server.on('message', (data) => {
      const to = this.#clientAt;
      if (to) this.#through(links.down, data, () => this.#client.send(data, to.port, to.address));
    });
    // What is refused at the other end is lost, as on any network.
    for (const socket of [this.#client, this.#server]) socket.on('error', () => undefined);
  }

  /** @param target where the server listens */
  static async open(target: Endpoint, links: Links): Promise<Relay> {
    const family = isIP(target.address) === 6 ? 'udp6' : 'udp4';
    const own = target.address.startsWith('127.') ? LOOPBACK : undefined;
    const [client, server] = await Promise.all([bound('udp4', LOOPBACK), bound(family, own)]);
    return new Relay({ client, server }, links, target);
  }

  /** Where the caller sends to. */
  get address(): Endpoint {
    return this.#client.address();
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#client.close();
    this.#server.close();
  }

  #through(link: Link, data: Buffer, send: () => void): void {
    const nowMs = performance.now();
    const fate = link.push(data.length, nowMs);
    if ('lost' in fate) return;
    if (fate.atMs <= nowMs) return send();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) send();
    }, fate.atMs - nowMs);
    this.#timers.add(timer);
  }
}

/** Up: from the caller to the server. */
export interface Links {
  readonly up: Link;
  readonly down: Link;
}

/** @returns the answer, leading through a relay that is opened for it. @throws Error where it has no UDP candidate */
export async function throughRelay(answer: string, links: Links): Promise<{ sdp: string; relay: Relay }> {
  let relay: Relay | null = null;
  const sdp = await reroute(answer, async (server) => {
    relay = await Relay.open(server, links);
    return relay.address;
  });
  if (!relay) throw new Error('the answer was not led through the relay');
  return { sdp, relay };
}

async function bound(family: 'udp4' | 'udp6', address: string | undefined): Promise<Socket> {
  const socket = createSocket(family);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}
