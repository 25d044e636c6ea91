import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import type { HttpError } from '@vis-a-vis/protocol';
import { ERRORS, type VisavisError } from '#modules/contracts';

/** Seconds after which a client may try again when there was no room. */
const RETRY_AFTER_S = 2;

/** Answers a request for an upgrade as any other request is answered that is refused, and ends its connection. */
export function refuse(socket: Duplex, error: VisavisError): void {
  const { status, type, retryable } = ERRORS[error.code];
  const body: HttpError = { error: { message: error.message, type, code: error.code, param: error.param } };
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(status === 503 && retryable ? [`Retry-After: ${RETRY_AFTER_S}`] : []),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
