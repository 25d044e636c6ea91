import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { codeOf } from './failure.js';

export interface Sending {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Sent one after the other, as they are. */
  readonly body: readonly Uint8Array[];
  readonly signal: AbortSignal;
}

/** An answer whose body has not been read. Leaving the body before its end closes the connection. */
export interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

const http = new HttpAgent({ keepAlive: true });
const https = new HttpsAgent({ keepAlive: true });

/**
 * HTTP with bodies of megabytes that consist of pieces: each is written when the connection takes it, so that the thread does others' work in
 * between, and none is copied. Redirects are not followed.
 * @throws whatever the connection met
 */
export async function send(url: string, o: Sending): Promise<Answered> {
  const request = begin(url, o);
  try {
    return await answerTo(request, o.body);
  } catch (error) {
    // A server may close a connection that nobody used just when it is used again: that is no failure of its own.
    const wasIdle = request.reusedSocket && codeOf(error) === 'ECONNRESET';
    if (!wasIdle || o.signal.aborted) throw error;
    return answerTo(begin(url, o), o.body);
  }
}

function begin(url: string, { method, headers, body, signal }: Sending): ClientRequest {
  const target = new URL(url);
  const isHttps = target.protocol === 'https:';
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  return (isHttps ? requestHttps : requestHttp)(target, {
    method,
    headers: { ...headers, ...(method === 'POST' && { 'content-length': `${length}` }) },
    agent: isHttps ? https : http,
    signal,
  });
}

async function answerTo(request: ClientRequest, body: readonly Uint8Array[]): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  request.on('error', reject);
  const [response] = await Promise.all([promise, write(request, body)]);
  // What was refused before it was sent leaves a connection that is of no more use.
  if (!request.writableEnded) response.once('close', () => request.destroy());
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'] ?? null,
    body: response,
  };
}

/** Never rejects: what goes wrong is the request's own error. It ends where an answer comes before all was sent. */
async function write(request: ClientRequest, body: readonly Uint8Array[]): Promise<void> {
  let isOver = false;
  let wake = (): void => undefined;
  const over = (): void => {
    isOver = true;
    wake();
  };
  request.once('response', over);
  request.once('close', over);
  request.on('drain', () => wake());
  for (const piece of body) {
    if (isOver) return;
    if (!request.write(piece)) await new Promise<void>((resolve) => (wake = resolve));
  }
  request.end();
}
