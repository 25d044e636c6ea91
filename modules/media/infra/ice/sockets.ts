import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

import { canonicalHost, type Address } from '../../core/ice/address.js';

/** One of our sockets, and the address that clients are told. */
export interface LocalSocket {
  readonly number: number;
  readonly address: Address;
  readonly ipv6: boolean;
}

export type OnDatagram = (bytes: Buffer, from: Address, local: number) => void;

/** The UDP sockets of one call: one for each address that is offered. */
export class CallSockets {
  readonly list: readonly LocalSocket[];
  readonly #sockets: readonly Socket[];
  #closed = false;

  private constructor(open: readonly { socket: Socket; host: string }[], onDatagram: OnDatagram) {
    this.#sockets = open.map(({ socket }) => socket);
    this.list = open.map(({ socket, host }, number) => ({
      number,
      address: { host, port: socket.address().port },
      ipv6: isIPv6(host),
    }));
    for (const [number, socket] of this.#sockets.entries()) {
      socket.on('message', (bytes, from) => {
        const host = canonicalHost(from.address);
        if (!this.#closed && host !== null) onDatagram(bytes, { host, port: from.port }, number);
      });
    }
  }

  /**
   * Opens what can be opened: an address or port that is not to be had is left out.
   * @param ports first and last port to use, or null for any
   */
  static async open(
    hosts: readonly string[],
    ports: readonly [number, number] | null,
    onDatagram: OnDatagram,
  ): Promise<CallSockets> {
    const open: { socket: Socket; host: string }[] = [];
    let next = ports ? ports[0] : 0;
    for (const host of hosts) {
      let socket: Socket | null = null;
      for (const last = ports ? ports[1] : next; !socket && next <= last; next += ports ? 1 : 0) {
        socket = await bind(host, next);
        if (!ports) break;
      }
      if (socket) open.push({ socket, host });
    }
    return new CallSockets(open, onDatagram);
  }

  /** Sends, or not: UDP promises nothing, and what cannot be sent is no different from what is lost on its way. */
  send(bytes: Uint8Array, local: number, to: Address): void {
    if (this.#closed) return;
    try {
      // Without the callback an error would be an `error` event; with it, it is the datagram's own.
      this.#sockets[local]?.send(bytes, to.port, to.host, () => undefined);
    } catch {
      // The socket is gone: what it had to send is lost with it.
    }
  }

  /** Resolves when the ports are free. What was sent before still leaves. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Node hands a datagram to the system a moment after it was sent.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    );
  }
}

/**
 * Listens on the offered address alone where it is this machine's own. One that a router forwards to us cannot be bound: there, all of
 * the family's addresses are listened on.
 */
async function bind(host: string, port: number): Promise<Socket | null> {
  const ipv6 = isIPv6(host);
  const own = Object.values(networkInterfaces()).some((list) => list?.some((a) => a.address === host));
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 });
  // For ICMP's errors and whatever else the system reports later: none of them is the end of a call.
  const bound = await new Promise<boolean>((resolve) => {
    socket.on('error', () => resolve(false));
    socket.bind({ address: own ? host : ipv6 ? '::' : '0.0.0.0', port, exclusive: true }, () =>
      resolve(true),
    );
  });
  if (bound) return socket;
  socket.close();
  return null;
}
