import type { Guard } from '#modules/contracts';
import type { RequestBody } from '../../core/remote/body.js';
import { Workload, type Pace, type Work } from '../../core/remote/patience.js';
import { SseReader } from '../../core/remote/sse.js';
import type { RemoteClock, RemoteTimeouts, RequestTrace } from '../options.js';
import { traced } from './traced.js';
import { Failure, failureOf } from './failure.js';
import { chunkSchema, completionSchema, usageOf, type Chunk, type Usage } from './shapes.js';
import { Deadline } from './deadline.js';
import { send, type Answered, type Sending } from './transport.js';

export interface ChatServerOptions {
  /** Without a slash at its end, and without `/v1`. */
  readonly url: string;
  readonly key: string | undefined;
  readonly sessionHeader: string | undefined;
  readonly clock: RemoteClock;
  readonly timeouts: RemoteTimeouts;
  /** Of all servers of the model. */
  readonly pace: Pace;
  readonly guard: Guard;
  readonly trace: (url: string) => RequestTrace | null;
}

export interface RequestOptions {
  /** The session's id for routers; none: it belongs to no session. */
  readonly session?: string | undefined;
  readonly signal: AbortSignal;
}

/** What it takes of the server is an estimate. */
export interface Prompt extends Work {
  readonly body: RequestBody;
}

/** Of an answer that is not streamed, and of what a server says of itself: bytes. */
const MOST_BYTES = 1 << 20;
/** Of what a server says of a failure. */
const MOST_ERROR_BYTES = 1 << 16;
/** While a server is silent, it is looked whether it can be reached at all: so often (ms). */
const PULSE_MS = 1500;
/** What costs nothing takes this long at the most where somebody waits for an answer (ms). */
const PULSE_ANSWER_MS = 3000;
/** Behind the end of an answer come its usage and the end of the stream, or they do not (ms). */
const LAST_MS = 1000;

/** One inference server over HTTP. Every wait ends, and nothing that it sends is without bound. @throws {@link Failure} */
export class ChatServer {
  private readonly options: ChatServerOptions;
  private readonly workload: Workload;

  constructor(options: ChatServerOptions) {
    this.options = options;
    this.workload = new Workload(options.timeouts, options.pace);
  }

  /** For logs: without what a URL may hold of a password. */
  get name(): string {
    const { protocol, host, pathname } = new URL(this.options.url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  }

  /** What a server says of itself. */
  async get(path: string, signal: AbortSignal, timeoutMs = this.options.timeouts.probeMs): Promise<unknown> {
    const deadline = this.deadline(signal).within(timeoutMs);
    try {
      const answer = await this.send(path, { method: 'GET', headers: this.headers(), body: [] }, deadline);
      return parsed(await bodyOf(answer, MOST_BYTES, deadline));
    } finally {
      deadline.end();
    }
  }

  /**
   * An answer that nobody reads.
   * @param o.timeoutMs default: as long as the server takes for such things
   * @returns what it cost; null: the server does not tell
   */
  async complete(
    prompt: Prompt,
    o: RequestOptions & { timeoutMs?: number | undefined },
  ): Promise<Usage | null> {
    const { clock } = this.options;
    const askedAtMs = clock.nowMs();
    const deadline = this.deadline(o.signal);
    const begun = this.workload.give(prompt);
    if (o.timeoutMs === undefined) deadline.until(() => this.workload.lateAtMs(askedAtMs));
    else deadline.within(o.timeoutMs);
    try {
      const answered = await this.post('/v1/chat/completions', prompt.body, o.session, deadline);
      const answer = completionSchema.safeParse(parsed(await bodyOf(answered, MOST_BYTES, deadline)));
      if (!answer.success) throw new Failure('malformed', 'the inference server sends what is no answer');
      const usage = usageOf(answer.data);
      this.learn(usage, prompt, clock.nowMs() - askedAtMs);
      return usage;
    } finally {
      if (o.signal.aborted) this.workload.left(prompt, clock.nowMs());
      begun();
      deadline.end();
    }
  }

  /** A form, answered by JSON. */
  async upload(
    path: string,
    form: FormData,
    { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
  ): Promise<unknown> {
    const deadline = this.deadline(signal).within(timeoutMs);
    try {
      // It writes the form.
      const written = new Response(form);
      const headers = { ...this.headers(), 'content-type': written.headers.get('content-type') ?? '' };
      const body = [new Uint8Array(await written.arrayBuffer())];
      const answer = await this.send(path, { method: 'POST', headers, body }, deadline);
      return parsed(await bodyOf(answer, MOST_BYTES, deadline));
    } finally {
      deadline.end();
    }
  }

  /** @param onChunk nothing further is read until it resolves */
  async stream(
    prompt: Prompt,
    o: RequestOptions & { onChunk: (chunk: Chunk) => Promise<void> },
  ): Promise<void> {
    const { clock } = this.options;
    const { workload } = this;
    const askedAtMs = clock.nowMs();
    const { silenceMs, firstTokenMs } = this.options.timeouts;
    const patienceOf = () =>
      clock.nowMs() - askedAtMs < Math.max(silenceMs, firstTokenMs)
        ? ('VISAVIS_ENGINE_SILENCE_MS' as const)
        : ('VISAVIS_ENGINE_FIRST_TOKEN_MS' as const);
    const deadline = this.deadline(o.signal).until(() => workload.lateAtMs(askedAtMs), patienceOf);
    const begun = workload.give(prompt);
    const pulse = this.pulse(deadline);
    let finished = false;
    let saidAnything = false;
    let firstMs: number | null = null;
    let usage: Usage | null = null;
    try {
      const answer = await this.post('/v1/chat/completions', prompt.body, o.session, deadline);
      const sse = new SseReader();
      for await (const text of textOf(answer, deadline)) {
        saidAnything ||= text !== '';
        for (const data of eventsIn(sse, text)) {
          if (data === '[DONE]') return;
          const chunk = chunkOf(data);
          begun();
          firstMs ??= clock.nowMs() - askedAtMs;
          workload.sign(clock.nowMs());
          usage = usageOf(chunk) ?? usage;
          finished ||= chunk.choices?.some(({ finish_reason: why }) => why) ?? false;
          // While nobody reads, the server is not late.
          deadline.pause();
          pulse.pause();
          await o.onChunk(chunk);
          pulse.goOn();
          const atMs = clock.nowMs();
          deadline.until(
            () => atMs + (finished ? LAST_MS : workload.gapMs),
            () => 'VISAVIS_ENGINE_IDLE_MS',
          );
        }
      }
      // One that breaks off while it answers has told a part of its answer, or nothing at all.
      if (saidAnything && firstMs === null)
        throw new Failure('malformed', 'the inference server sends what is no stream: is that its base URL?');
      if (!finished) throw new Failure('unreachable', 'the inference server ended its answer in the middle');
    } catch (error) {
      // The answer is whole; what it cost is not worth waiting for.
      if (!(finished && error instanceof Failure && error.kind === 'overdue')) throw error;
    } finally {
      if (firstMs !== null) this.learn(usage, prompt, firstMs);
      else if (o.signal.aborted) workload.left(prompt, clock.nowMs());
      begun();
      pulse.end();
      deadline.end();
    }
  }

  /** What an answer that began after so long says of how fast the server is. */
  private learn(usage: Usage | null, { newTokens, hears }: Work, ms: number): void {
    const isTold = usage !== null && usage.prompt !== null && usage.cached !== null;
    const computed = isTold ? (usage.prompt ?? 0) - (usage.cached ?? 0) : newTokens;
    this.options.pace.learn({ newTokens: computed, hears }, ms);
  }

  /** Looks, while a server is silent, whether it can be reached; it ends the wait where it cannot. */
  private pulse(deadline: Deadline): { pause(): void; goOn(): void; end(): void } {
    const { clock, guard, timeouts } = this.options;
    const answerMs = Math.min(timeouts.probeMs, PULSE_ANSWER_MS);
    let turn = 0;
    let cancel = (): void => undefined;
    const pause = () => {
      turn += 1;
      cancel();
    };
    const goOn = () => {
      pause();
      const own = turn;
      const beat = async () => {
        try {
          await this.get('/v1/models', deadline.signal, answerMs);
        } catch (error) {
          const gone = error instanceof Failure && (error.kind === 'unreachable' || error.kind === 'overdue');
          if (own === turn && gone) deadline.expire('the inference server does not answer any more');
          return;
        }
        if (own === turn) goOn();
      };
      cancel = clock.after(PULSE_MS, guard.wrap('engine.pulse', beat));
    };
    goOn();
    return { pause, goOn, end: pause };
  }

  private post(
    path: string,
    body: RequestBody,
    session: string | undefined,
    deadline: Deadline,
  ): Promise<Answered> {
    const headers = { ...this.headers(session), 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body }, deadline);
  }

  private async send(path: string, o: Omit<Sending, 'signal'>, deadline: Deadline): Promise<Answered> {
    const url = `${this.options.url}${path}`;
    const trace = o.method === 'POST' ? this.options.trace(url) : null;
    let answer: Answered;
    try {
      const headers = { ...o.headers, ...trace?.headers };
      answer = await send(url, { ...o, headers, signal: deadline.signal });
      if (trace) answer = traced(answer, trace);
    } catch (error) {
      trace?.failed(error);
      trace?.end();
      throw deadline.failure(error);
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    const body = await bodyOf(answer, MOST_ERROR_BYTES, deadline).catch(() => '');
    throw failureOf(answer.status, body, answer.retryAfter);
  }

  private headers(session?: string): Record<string, string> {
    const { key, sessionHeader } = this.options;
    return {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(sessionHeader !== undefined && session !== undefined && { [sessionHeader]: session }),
    };
  }

  private deadline(signal: AbortSignal): Deadline {
    const { clock, guard } = this.options;
    return new Deadline(signal, { clock, guard });
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
    throw new Failure('malformed', 'the inference server sends what is no JSON: is that its base URL?', {
      cause,
    });
  }
}

async function bodyOf(answer: Answered, mostBytes: number, deadline: Deadline): Promise<string> {
  let text = '';
  for await (const piece of textOf(answer, deadline)) {
    text += piece;
    if (text.length > mostBytes)
      throw new Failure('malformed', 'the inference server sends more than it should');
  }
  return text;
}

/** Leaving it ends the connection. */
async function* textOf({ body }: Answered, deadline: Deadline): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await pieces.next().catch((error: unknown) => {
        throw deadline.failure(error);
      });
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}
