import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';

import type { Address } from '../../core/ice/address.js';
import type { CallSockets, SocketSource } from './sockets.js';
import { ATTRIBUTE, parseStun, requestedName, writeStun, xorAddress } from './stun.js';

/** One of our addresses, and how long a question to it took to be answered (ms); null: nothing came back. */
export interface Echo {
  readonly address: Address;
  readonly tookMs: number | null;
}

const NAME = 'check';
const PATIENCE_MS = 1000;

/**
 * Opens the sockets of a call and asks each of its addresses from this machine, as a client would: by a STUN request.
 * @returns none where no socket could be had
 */
export async function echoOf(source: SocketSource, nowMs: () => number): Promise<readonly Echo[]> {
  const sockets: CallSockets = await source.open((bytes, path) => {
    const message = parseStun(bytes);
    if (!message || requestedName(bytes) !== NAME) return;
    const attributes = [[ATTRIBUTE.xorMappedAddress, xorAddress(path, message.id)]] as const;
    sockets.send(writeStun({ kind: 'success', id: message.id, attributes }), path);
  });
  sockets.rename([NAME]);
  try {
    const addresses = sockets.list.flatMap((one) => one.addresses);
    return await Promise.all(
      addresses.map(async (address) => ({ address, tookMs: await ask(address, nowMs) })),
    );
  } finally {
    await sockets.close();
  }
}

async function ask({ host, port }: Address, nowMs: () => number): Promise<number | null> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const id = randomBytes(12).toString('hex');
  const fromMs = nowMs();
  try {
    return await new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), PATIENCE_MS);
      const done = (tookMs: number | null) => {
        clearTimeout(late);
        resolve(tookMs);
      };
      socket.on('error', () => done(null));
      socket.on('message', (bytes) => parseStun(bytes)?.id === id && done(nowMs() - fromMs));
      const attributes = [[ATTRIBUTE.username, Buffer.from(`${NAME}:${NAME}`)]] as const;
      socket.send(writeStun({ kind: 'request', id, attributes }), port, host, (error) => error && done(null));
    });
  } finally {
    socket.close();
  }
}
