import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import type { VisavisError } from '#modules/contracts';

/** Whether errors of this path are told as WHIP wants them. */
export function isWhip(path: string): boolean {
  return path === '/whip' || path.startsWith('/whip/');
}

/** Tells an error as problem details (RFC 9457), with our code as an extension. */
export function sendProblem(
  response: Response,
  status: number,
  { code, message, param }: VisavisError,
): void {
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code, param };
  response.status(status).setHeader('Content-Type', 'application/problem+json').end(JSON.stringify(problem));
}
