import { randomBytes } from 'node:crypto';

import type { Path } from '../../core/ice/pair.js';
import { PortPool } from '../../core/port-pool.js';
import type { CallSockets, LocalSocket, OnDatagram, SocketSource } from './sockets.js';
import { bindUdp, closeUdp, listeningFor, senderOf, sendUdp, type Bound } from './udp.js';

/** Gives each call a UDP port of its own, the same one on each offered address. */
export class PrivatePorts implements SocketSource {
  readonly #hosts: () => readonly string[];
  readonly #pool: PortPool | null;

  /**
   * @param hosts the addresses to offer, as they are when a call begins
   * @param range first and last port to use, or null for any; then each address has another
   */
  constructor(hosts: () => readonly string[], range: readonly [number, number] | null) {
    this.#hosts = hosts;
    this.#pool = range && new PortPool(range);
  }

  /** An address that is not to be had is left out; a port that another program holds is passed over. */
  async open(onDatagram: OnDatagram): Promise<CallSockets> {
    if (!this.#pool) return new OwnSockets(await bindAll(this.#hosts(), 0), onDatagram, () => undefined);
    const pool = this.#pool;
    for (let tries = pool.free; tries > 0; tries -= 1) {
      const port = pool.take();
      if (port === null) break;
      const bound = await bindAll(this.#hosts(), port);
      if (bound.length > 0) return new OwnSockets(bound, onDatagram, () => pool.give(port));
      pool.give(port);
    }
    return new OwnSockets([], onDatagram, () => undefined);
  }
}

/** @returns none where somebody else has the port on one of the addresses */
async function bindAll(hosts: readonly string[], port: number): Promise<readonly Bound[]> {
  const tried = await Promise.all(listeningFor(hosts).map((one) => bindUdp(one, port)));
  const bound = tried.flatMap((one) => ('socket' in one ? one : []));
  if (!tried.some((one) => 'why' in one && one.why === 'EADDRINUSE')) return bound;
  await closeUdp(bound.map(({ socket }) => socket));
  return [];
}

class OwnSockets implements CallSockets {
  readonly list: readonly LocalSocket[];
  readonly #bound: readonly Bound[];
  readonly #onFree: () => void;
  #closed = false;

  constructor(bound: readonly Bound[], onDatagram: OnDatagram, onFree: () => void) {
    this.#bound = bound;
    this.#onFree = onFree;
    this.list = bound.map(({ listening, addresses }, number) => ({
      number,
      addresses,
      ipv6: listening.ipv6,
    }));
    for (const [local, { socket, listening }] of bound.entries()) {
      socket.on('message', (bytes, from) => {
        const host = senderOf(from, listening.ipv6);
        if (!this.#closed && host !== null) onDatagram(bytes, { local, host, port: from.port });
      });
    }
  }

  newId(): string {
    return randomBytes(12).toString('hex');
  }

  send(bytes: Uint8Array, to: Path): void {
    const socket = this.#bound[to.local]?.socket;
    if (!this.#closed && socket) sendUdp(socket, bytes, to);
  }

  /** Whatever comes to sockets of its own is this call's. */
  rename(): void {}

  claim(): void {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await closeUdp(this.#bound.map(({ socket }) => socket));
    this.#onFree();
  }
}
