import {
  VisavisError,
  type AppendReceipt,
  type AsideOptions,
  type Checkpoint,
  type EarTold,
  type EngineCaps,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type OmniEngine,
  type Removal,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import type { Pace } from './core/pace.js';
import type { Trace } from './core/trace.js';
import type { VirtualTime } from './core/virtual-time.js';

/** What a replay is made with. */
export interface Paced {
  readonly time: VirtualTime;
  readonly pace: Pace;
  readonly trace: Trace;
}

/** A real engine, whose answers come when the pace says. */
export class PacedEngine implements OmniEngine {
  constructor(
    private readonly engine: OmniEngine,
    private readonly paced: Paced,
  ) {}

  get caps(): EngineCaps {
    return this.engine.caps;
  }

  async load(): Promise<void> {
    return Promise.resolve();
  }

  async open(o: Parameters<OmniEngine['open']>[0]): Promise<EngineSession> {
    const { time, pace, trace } = this.paced;
    const session = await time.after(pace.openMs, this.engine.open(o));
    trace.add({ t: 'kv', op: 'open', head: session.head });
    return new PacedSession(session, this.paced);
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * One session of it. The real one is given an operation only when the one before is done, with all that it leads to in idle time: then
 * the same runs of the model are made however fast it is. An answer is made whole at once, and told at its pace; one that is cut off
 * was made as far as it was told.
 */
class PacedSession implements EngineSession {
  readonly #inner: EngineSession;
  readonly #paced: Paced;
  /** The real session has done what it was given. */
  #done: Promise<unknown> = Promise.resolve();
  #busyUntilMs = 0;
  #closed = false;
  /** Tokens that were told of answers that were cut off. */
  readonly #told = new Map<string, number>();
  readonly judge?: (pcm: Float32Array) => Promise<EarTold>;

  constructor(inner: EngineSession, paced: Paced) {
    this.#inner = inner;
    this.#paced = paced;
    if (inner.judge) this.judge = (pcm) => this.#judge(pcm);
  }

  get head(): Checkpoint {
    return this.#inner.head;
  }

  async append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    const { trace, pace } = this.#paced;
    const own = segment.k === 'audio' ? { ...segment, pcm: segment.pcm.slice() } : segment;
    const note = {
      t: 'kv',
      op: 'append',
      k: segment.k,
      ...aboutOf(segment),
      priority: o.priority ?? 'commit',
    } as const;
    const costMs = pace.appendMs[segment.k];
    try {
      const receipt = await this.#perform(costMs, () => this.#inner.append(own, o));
      const { ms: _, ...rest } = receipt;
      trace.add({ ...note, ...rest });
      return { ...rest, ms: { queue: 0, encode: 0, prefill: costMs } };
    } catch (error) {
      trace.add({ ...note, failed: codeOf(error) });
      throw error;
    }
  }

  mark(): Checkpoint {
    const at = this.#inner.mark();
    this.#paced.trace.add({ t: 'kv', op: 'mark', at });
    return at;
  }

  rollback(to: Checkpoint): Promise<void> {
    return this.#change({ op: 'rollback', to }, () => this.#inner.rollback(to));
  }

  accept(genId: string, o: { keepTokens?: number; keepCalls?: number } = {}): Promise<Checkpoint> {
    const told = this.#told.get(genId);
    const kept = o.keepTokens === undefined && told !== undefined ? { keepTokens: told, keepCalls: 0 } : o;
    return this.#change({ op: 'accept', ...kept }, () => this.#inner.accept(genId, kept));
  }

  cut(genId: string, o: { keepTokens: number }): Promise<Removal> {
    return this.#change({ op: 'cut', ...o }, () => this.#inner.cut(genId, o));
  }

  evict(o: EvictOptions): Promise<Removal> {
    return this.#change({ op: 'evict', ...o }, () => this.#inner.evict(o));
  }

  redact(ids: readonly string[]): Promise<Removal> {
    return this.#change({ op: 'redact', ids }, () => this.#inner.redact(ids));
  }

  generate({ signal, ...o }: GenerateOptions): AsyncGenerator<GenEvent> {
    const made = this.#next(() => madeOf(this.#inner.generate(o)));
    const note = { op: 'generate', maxTokens: o.maxTokens, speculative: o.speculative ?? false };
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#paced.time.nowMs());
    return this.#tell(made, signal, note);
  }

  aside({ signal, ...o }: AsideOptions): AsyncGenerator<GenEvent> {
    const made = this.#next(() => madeOf(this.#inner.aside(o)));
    return this.#tell(made, signal, { op: 'aside', maxTokens: o.maxTokens, idle: o.idle ?? false });
  }

  onLost(listener: Parameters<NonNullable<EngineSession['onLost']>>[0]): void {
    this.#inner.onLost?.(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#done;
    await this.#inner.close();
  }

  async #judge(pcm: Float32Array): Promise<EarTold> {
    const own = pcm.slice();
    const { time, pace, trace } = this.#paced;
    const told = await time.after(
      pace.judgeMs,
      this.#next(async () => (await this.#inner.judge?.(own)) ?? {}),
    );
    trace.add({ t: 'kv', op: 'judge', ...told });
    return told;
  }

  async #change<T>(note: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
    const { trace, pace } = this.#paced;
    try {
      const result = await this.#perform(pace.changeMs, work);
      trace.add({
        t: 'kv',
        ...note,
        ...(result !== undefined && { result: withoutIds(result) }),
        head: this.head,
      });
      return result;
    } catch (error) {
      trace.add({ t: 'kv', ...note, failed: codeOf(error) });
      throw error;
    }
  }

  /** One operation after the other, each as long as its kind takes. */
  #perform<T>(costMs: number, work: () => Promise<T>): Promise<T> {
    const { time } = this.#paced;
    const nowMs = time.nowMs();
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + costMs;
    return time.after(this.#busyUntilMs - nowMs, this.#next(work));
  }

  /** The real session's turn, and rest behind it. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new VisavisError('session_closed', 'the session was closed'));
    const done = this.#done.then(async () => {
      try {
        return await work();
      } finally {
        await this.#inner.settled?.();
      }
    });
    this.#done = done.catch(() => undefined);
    return done;
  }

  async *#tell(
    made: Promise<Made>,
    signal: AbortSignal | undefined,
    note: Record<string, unknown>,
  ): AsyncGenerator<GenEvent> {
    const { time, pace, trace } = this.#paced;
    const calledAtMs = time.nowMs();
    const { events, error } = await time.after(0, made);
    trace.add({ t: 'kv', ...note });
    let [genId, tokens, dueMs] = ['', 0, calledAtMs + pace.firstTokenMs];
    for (const event of events) {
      if (event.t === 'start') ({ genId } = event);
      else if (event.t !== 'end') {
        if (signal?.aborted || !(await this.#until(dueMs, signal))) break;
        dueMs += pace.tokenMs;
        if (event.t === 'token') tokens += 1;
      } else {
        trace.add({ t: 'kv', op: 'answered', reason: event.reason, usage: event.usage });
      }
      yield 'tMs' in event ? { ...event, tMs: time.nowMs() - calledAtMs } : event;
      if (event.t === 'end') return;
    }
    if (error !== null && !signal?.aborted) {
      trace.add({ t: 'kv', op: 'answered', failed: codeOf(error) });
      throw error;
    }
    const usage = { ...usageIn(events), out: tokens };
    this.#told.set(genId, tokens);
    trace.add({ t: 'kv', op: 'answered', reason: 'aborted', usage });
    yield { t: 'end', reason: 'aborted', usage };
  }

  /** @returns false: it was aborted before */
  #until(atMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#paced.time.at(atMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(true);
      });
      const onAbort = () => {
        cancel();
        resolve(false);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** An answer as it was made: with what it failed by, where it did. */
interface Made {
  readonly events: readonly GenEvent[];
  readonly error: Error | null;
}

async function madeOf(answer: AsyncGenerator<GenEvent>): Promise<Made> {
  const events: GenEvent[] = [];
  try {
    for await (const event of answer) events.push(event);
    return { events, error: null };
  } catch (error) {
    return { events, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function usageIn(events: readonly GenEvent[]): { prompt: number; cached: number; out: number } {
  const end = events.find((event) => event.t === 'end');
  return end?.usage ?? { prompt: 0, cached: 0, out: 0 };
}

/** What is told of a segment: not its sound, picture or words. */
function aboutOf(segment: Segment): Record<string, unknown> {
  const { id } = segment;
  switch (segment.k) {
    case 'turn':
      return { id, role: segment.role, edge: segment.edge };
    case 'text':
      return { id, characters: segment.text.length };
    case 'frame':
      return { id, ptsMs: segment.ptsMs, source: segment.source };
    case 'audio':
      return { id, ptsMs: segment.ptsMs, ms: segment.pcm.length / 16, final: segment.final };
    default:
      return { id };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Answers have names that the engine counts over all of its sessions. */
function withoutIds(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'dropped' in result
    ? { ...result, dropped: (result.dropped as readonly string[]).filter((id) => !id.startsWith('gen_')) }
    : result;
}
