import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

import { canonicalHost, type Address } from '../../core/ice/address.js';
import { planListening, type Listening } from '../../core/ice/listening.js';

/** A UDP socket that listens. */
export interface Bound {
  readonly socket: Socket;
  readonly listening: Listening;
  /** What clients are told. */
  readonly addresses: readonly Address[];
}

/** A socket could not be had, and the system's reason (`EADDRINUSE`, …). */
export interface Unbound {
  readonly listening: Listening;
  readonly why: string;
}

/** What to listen on for these addresses, as the machine's own are now. */
export function listeningFor(hosts: readonly string[]): readonly Listening[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return planListening(
    hosts,
    own.map((one) => one.address),
  );
}

/** @param port 0: any */
export async function bindUdp(listening: Listening, port: number): Promise<Bound | Unbound> {
  const { ipv6, told } = listening;
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 });
  // For ICMP's errors and whatever else the system reports later: none of them is the end of a call.
  const why = await new Promise<string | null>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind({ address: listening.bind, port, exclusive: true }, () => resolve(null));
  });
  if (why !== null) {
    socket.close();
    return { listening, why };
  }
  const actual = socket.address().port;
  return { socket, listening, addresses: told.map((host) => ({ host, port: actual })) };
}

/** The sender, in the one spelling that addresses are compared in; null for what is no address. */
export function senderOf(from: RemoteInfo, ipv6: boolean): string | null {
  // Node writes IPv4 addresses as we do, and this is done for every packet.
  return ipv6 ? canonicalHost(from.address) : from.address;
}

export function sendUdp(socket: Socket, bytes: Uint8Array, to: Address): void {
  try {
    // Without the callback an error would be an `error` event; with it, it is the datagram's own.
    socket.send(bytes, to.port, to.host, () => undefined);
  } catch {
    // The socket is gone: what it had to send is lost with it.
  }
}

export async function closeUdp(sockets: readonly Socket[]): Promise<void> {
  // Node hands a datagram to the system a moment after it was sent.
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
}
