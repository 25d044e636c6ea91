import { connect } from 'node:net';
import type { RawRequest } from './core/http.js';

const ANSWER_MS = 10_000;

/** What came back. */
export interface RawAnswer {
  /** HTTP status; null: the connection ended without one. */
  readonly status: number | null;
  readonly code: string | null;
  /** Path of the call that was opened. */
  readonly location: string | null;
  /** Within the time that any client waits. */
  readonly inTime: boolean;
}

/** Sends a request byte for byte, on a connection of its own. Never throws. */
export function sendRaw(url: string, { bytes, afterwards }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port || 80), hostname);
    let text = '';
    let inTime = true;
    let finished = false;
    const timer = setTimeout(() => {
      inTime = false;
      socket.destroy();
    }, ANSWER_MS);
    socket.setNoDelay();
    socket.on('connect', () => {
      socket.write(bytes, () => {
        if (afterwards === 'close') socket.end();
        if (afterwards === 'reset') socket.resetAndDestroy();
      });
    });
    socket.on('data', (data) => {
      text += data.toString('latin1');
      // One answer is enough; a connection that is kept alive would not end.
      if (isWhole(text)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? NaN) || null,
        code: /"code":"(\w+)"/.exec(text)?.[1] ?? null,
        location: /^location: (\S+)/im.exec(text)?.[1] ?? null,
        // Where the client left by itself nobody owes it an answer; half a request waits for its other half.
        inTime: inTime || afterwards !== 'wait',
      });
    });
  });
}

/** Hangs a call up. Never throws. */
export async function hangUp(url: string, location: string): Promise<number | null> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  return fetch(new URL(`${location}/hangup`, url), { method: 'POST', signal }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => null,
  );
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? NaN);
  return Number.isNaN(length) ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + length;
}
