import type { Guard } from '#modules/contracts';
import { SseReader } from '../../core/remote/sse.js';
import type { RemoteClock, RemoteTimeouts } from '../options.js';
import { Failure, failureOf } from './failure.js';
import { chunkSchema, completionSchema, usageOf, type Chunk, type Usage } from './shapes.js';
import { Deadline } from './deadline.js';

export interface ChatServerOptions {
  /** Without a slash at its end, and without `/v1`. */
  readonly url: string;
  readonly key: string | undefined;
  readonly sessionHeader: string | undefined;
  readonly fetch: typeof fetch;
  readonly clock: RemoteClock;
  readonly timeouts: RemoteTimeouts;
  readonly guard: Guard;
}

export interface RequestOptions {
  /** The session's id for routers; none: it belongs to no session. */
  readonly session?: string | undefined;
  readonly signal: AbortSignal;
}

/** Of an answer that is not streamed, and of what a server says of itself: bytes. */
const MOST_BYTES = 1 << 20;
/** Of what a server says of a failure. */
const MOST_ERROR_BYTES = 1 << 16;
/** While an answer does not begin, it is looked whether the server lives: so often (ms). */
const PULSE_MS = 3000;
/** Behind the end of an answer come its usage and the end of the stream, or they do not (ms). */
const LAST_MS = 1000;

/** One inference server over HTTP. Every wait ends, and nothing that it sends is without bound. @throws {@link Failure} */
export class ChatServer {
  private readonly options: ChatServerOptions;

  constructor(options: ChatServerOptions) {
    this.options = options;
  }

  /** For logs: without what a URL may hold of a password. */
  get name(): string {
    const { protocol, host, pathname } = new URL(this.options.url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  }

  /** What a server says of itself. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const deadline = this.deadline(signal, this.options.timeouts.probeMs);
    try {
      const response = await this.send(path, { method: 'GET', headers: this.headers() }, deadline);
      return parsed(await bodyOf(response, MOST_BYTES, deadline));
    } finally {
      deadline.end();
    }
  }

  /** An answer that nobody reads. @returns what it cost; null: the server does not tell */
  async complete(body: string, o: RequestOptions & { timeoutMs: number }): Promise<Usage | null> {
    const deadline = this.deadline(o.signal, o.timeoutMs);
    try {
      const response = await this.post('/v1/chat/completions', body, o.session, deadline);
      const answer = completionSchema.safeParse(parsed(await bodyOf(response, MOST_BYTES, deadline)));
      if (!answer.success) throw new Failure('malformed', 'the inference server sends what is no answer');
      return usageOf(answer.data);
    } finally {
      deadline.end();
    }
  }

  /** A form, answered by JSON. */
  async upload(path: string, form: FormData, signal: AbortSignal): Promise<unknown> {
    const deadline = this.deadline(signal, this.options.timeouts.firstTokenMs);
    try {
      const response = await this.send(
        path,
        { method: 'POST', headers: this.headers(), body: form },
        deadline,
      );
      return parsed(await bodyOf(response, MOST_BYTES, deadline));
    } finally {
      deadline.end();
    }
  }

  /** @param onChunk nothing further is read until it resolves */
  async stream(
    body: string,
    o: RequestOptions & { onChunk: (chunk: Chunk) => Promise<void> },
  ): Promise<void> {
    const { firstTokenMs, idleMs } = this.options.timeouts;
    const deadline = this.deadline(o.signal, firstTokenMs);
    const stopPulse = this.pulse(deadline);
    let finished = false;
    try {
      const response = await this.post('/v1/chat/completions', body, o.session, deadline);
      const sse = new SseReader();
      for await (const text of textOf(response, deadline)) {
        for (const data of eventsIn(sse, text)) {
          if (data === '[DONE]') return;
          const chunk = chunkOf(data);
          finished ||= chunk.choices?.some(({ finish_reason: why }) => why) ?? false;
          // While nobody reads, the server is not late.
          deadline.pause();
          stopPulse();
          await o.onChunk(chunk);
          deadline.restart(finished ? LAST_MS : idleMs);
        }
      }
      if (!finished) throw new Failure('unreachable', 'the inference server ended its answer in the middle');
    } catch (error) {
      // The answer is whole; what it cost is not worth waiting for.
      if (!(finished && error instanceof Failure && error.kind === 'overdue')) throw error;
    } finally {
      stopPulse();
      deadline.end();
    }
  }

  /** Looks, while an answer is waited for, whether the server lives; it ends the wait where it does not. */
  private pulse(deadline: Deadline): () => void {
    const { clock, guard } = this.options;
    let stopped = false;
    let cancel = (): void => undefined;
    const beat = guard.wrap('engine.pulse', async () => {
      try {
        await this.get('/v1/models', deadline.signal);
      } catch (error) {
        const gone = error instanceof Failure && (error.kind === 'unreachable' || error.kind === 'overdue');
        if (!stopped && gone) deadline.expire('the inference server does not answer any more');
        return;
      }
      if (!stopped) cancel = clock.after(PULSE_MS, beat);
    });
    cancel = clock.after(PULSE_MS, beat);
    return () => {
      stopped = true;
      cancel();
    };
  }

  private post(
    path: string,
    body: string,
    session: string | undefined,
    deadline: Deadline,
  ): Promise<Response> {
    const headers = { ...this.headers(session), 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body }, deadline);
  }

  private async send(path: string, init: RequestInit, deadline: Deadline): Promise<Response> {
    const { url, fetch: send } = this.options;
    let response: Response;
    try {
      response = await send(`${url}${path}`, { ...init, redirect: 'error', signal: deadline.signal });
    } catch (error) {
      throw deadline.failure(error);
    }
    if (response.ok) return response;
    const body = await bodyOf(response, MOST_ERROR_BYTES, deadline).catch(() => '');
    throw failureOf(response.status, body, response.headers.get('retry-after'));
  }

  private headers(session?: string): Record<string, string> {
    const { key, sessionHeader } = this.options;
    return {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(sessionHeader !== undefined && session !== undefined && { [sessionHeader]: session }),
    };
  }

  private deadline(signal: AbortSignal, ms: number): Deadline {
    const { clock, guard } = this.options;
    return new Deadline(signal, ms, { clock, guard });
  }
}

function eventsIn(sse: SseReader, text: string): string[] {
  try {
    return sse.push(text);
  } catch (cause) {
    throw new Failure('malformed', cause instanceof Error ? cause.message : 'no events', { cause });
  }
}

function chunkOf(data: string): Chunk {
  const chunk = chunkSchema.safeParse(parsed(data));
  if (!chunk.success)
    throw new Failure('malformed', 'the inference server sends what is no part of an answer');
  if (chunk.data.error != null)
    throw new Failure('broken', 'the inference server gave up in the middle of its answer');
  return chunk.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('malformed', 'the inference server sends what is no JSON', { cause });
  }
}

async function bodyOf(response: Response, mostBytes: number, deadline: Deadline): Promise<string> {
  let text = '';
  for await (const piece of textOf(response, deadline)) {
    text += piece;
    if (text.length > mostBytes)
      throw new Failure('malformed', 'the inference server sends more than it should');
  }
  return text;
}

/** Leaving it ends the connection. */
async function* textOf(response: Response, deadline: Deadline): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw deadline.failure(error);
      });
      if (done) return;
      yield decoder.decode(value as Uint8Array, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
