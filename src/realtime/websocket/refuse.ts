import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import type { HttpError } from '@vis-a-vis/protocol';
import { ERRORS, type VisavisError } from '#modules/contracts';
import { refusalHeaders } from '../../http/refusal.js';

/** Answers a request for an upgrade as any other request is answered that is refused, and ends its connection. */
export function refuse(socket: Duplex, error: VisavisError): void {
  const { status, type } = ERRORS[error.code];
  const body: HttpError = { error: { message: error.message, type, code: error.code, param: error.param } };
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...Object.entries(refusalHeaders(error)).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
