import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { endToEnd, type Raw } from './headers.js';

/** Passes an answer on as it comes. Resolves when it is through, or one of both sides has gone. */
export async function relay(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const { req: request } = response;
  const { statusCode = 502, statusMessage = '' } = answer;
  // RFC 9110, 15.5.22: it says what to ask for, although that is about a connection.
  const upgrade = statusCode === 426 ? ['Upgrade', 'websocket', 'Connection', 'Upgrade'] : [];
  response.writeHead(statusCode, statusMessage, [...endToEnd(answer), ...upgrade]);
  // Server-sent events have their headers long before the first of them.
  response.flushHeaders();
  await pipeline(answer, response).catch(() => response.destroy());
  // What a client goes on sending behind an answer is read to its end, as Node does where nobody reads it.
  request.unpipe();
  request.resume();
}

/** The same for a request for an upgrade that is not taken; its connection ends with it. */
export async function relayRefusal(answer: IncomingMessage, socket: Duplex): Promise<void> {
  socket.write(headOf(answer, [...endToEnd(answer), 'Connection', 'close']));
  await pipeline(answer, socket).catch(() => undefined);
}

/** Both ways, until either side is gone. */
export async function tunnel(
  { answer, socket: theirs, head }: { answer: IncomingMessage; socket: Duplex; head: Buffer },
  socket: Duplex,
  sent: Buffer,
): Promise<void> {
  socket.write(headOf(answer, answer.rawHeaders));
  if (head.length > 0) socket.write(head);
  if (sent.length > 0) theirs.write(sent);
  const gone = (): undefined => {
    socket.destroy();
    theirs.destroy();
    return undefined;
  };
  await Promise.all([pipeline(socket, theirs).catch(gone), pipeline(theirs, socket).catch(gone)]);
}

function headOf({ statusCode = 502, statusMessage }: IncomingMessage, raw: Raw): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage ?? STATUS_CODES[statusCode] ?? ''}`];
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push(`${raw[at]}: ${raw[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
