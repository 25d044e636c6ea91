import {
  VisavisError,
  type AppendReceipt,
  type AsideOptions,
  type AsideSegment,
  type Checkpoint,
  type EngineCaps,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type Removal,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import { checkImage } from '../core/inputs/pixels.js';
import { FakeLog, type FakeCall, type LogEntry } from './fake-log.js';

/** One thing that a fake engine says: a string is one token. */
export type Said = string | { readonly call: FakeCall };

/** The answer to a context. `aside`: it is a context of its own. */
export type Script = (
  log: readonly LogEntry[],
  asked: GenerateOptions & { readonly aside: boolean },
) => readonly Said[];

interface FakeGeneration {
  readonly genId: string;
  readonly told: string[];
  readonly calls: FakeCall[];
  /** It has said all that it had to say. */
  whole: boolean;
  ended: boolean;
}

/** A session that performs every operation at once. An answer is told as it is read. */
export class FakeSession implements EngineSession {
  private readonly log: FakeLog;
  private readonly caps: EngineCaps;
  private readonly script: Script;
  private at: Checkpoint;
  private seq = 0;
  private generations = 0;
  private generation: FakeGeneration | null = null;
  private closed = false;

  constructor(caps: EngineCaps, script: Script) {
    this.caps = caps;
    this.script = script;
    this.log = new FakeLog(caps);
    this.at = this.log.record(0);
  }

  /** What is in the context now. */
  get entries(): readonly LogEntry[] {
    return this.log.entries;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get head(): Checkpoint {
    return this.at;
  }

  mark(): Checkpoint {
    return this.at;
  }

  append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    return this.perform(() => {
      if (o.signal?.aborted) throw new VisavisError('aborted', 'the append was aborted');
      if (o.priority === 'background' && this.generation) {
        throw new VisavisError('shed', 'an answer is being made or waits to be accepted');
      }
      this.discard();
      const tokens = this.log.cost(segment);
      const known = this.log.has(segment);
      if (!known) this.put(segment);
      this.at = this.log.record(this.seq);
      const told = segment.k === 'audio' && (segment.final || segment.predict);
      const turnEnd = this.caps.turnEnd && told && !known ? { turnEnd: this.log.turnEnd } : {};
      return { at: this.at, tokens, ms: { queue: 0, encode: 0, prefill: 0 }, ...turnEnd };
    });
  }

  rollback(to: Checkpoint): Promise<void> {
    return this.perform(() => {
      this.discard();
      this.log.restore(to);
      this.at = this.log.record(this.seq);
    });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    this.throwIfClosed();
    this.discard();
    this.generations += 1;
    const generation = newGeneration(`gen_${this.generations}`);
    this.generation = generation;
    return this.tell(generation, o);
  }

  async *aside(o: AsideOptions): AsyncGenerator<GenEvent> {
    this.throwIfClosed();
    const segments = o.segments.map((segment) => this.known(segment));
    await Promise.resolve();
    const beside = new FakeSession(this.caps, (log, asked) => this.script(log, { ...asked, aside: true }));
    for (const segment of segments) await beside.append(segment);
    yield* beside.generate(o);
  }

  async cut(genId: string, o: { keepTokens: number }): Promise<Removal> {
    return this.remove(() => {
      this.log.cut(genId, o.keepTokens);
      return [];
    });
  }

  accept(genId: string, o: { keepTokens?: number; keepCalls?: number } = {}): Promise<Checkpoint> {
    return this.perform(() => {
      const { generation } = this;
      if (generation?.genId !== genId)
        throw new VisavisError('bad_request', `there is no answer ${genId} to accept`);
      this.discard();
      const tokens = generation.told.slice(0, o.keepTokens);
      const calls = generation.calls.slice(0, o.keepCalls ?? (generation.whole ? undefined : 0));
      this.log.put({ k: 'answer', id: genId, tokens, calls });
      this.at = this.log.record(this.seq);
      return this.at;
    });
  }

  evict(o: EvictOptions): Promise<Removal> {
    return this.remove(() => [
      ...this.log.keepFrames(o.keepFrames),
      ...(o.opening ? this.log.dropOldest(o.targetTokens) : []),
    ]);
  }

  redact(ids: readonly string[]): Promise<Removal> {
    return this.remove(() => this.log.redact(ids));
  }

  close(): Promise<void> {
    this.discard();
    this.closed = true;
    return Promise.resolve();
  }

  private async *tell(generation: FakeGeneration, o: GenerateOptions): AsyncGenerator<GenEvent> {
    await Promise.resolve();
    if (this.log.turn !== null) throw new VisavisError('bad_request', `a ${this.log.turn} turn is open`);
    const base = this.at;
    const script = this.script(this.log.entries, { ...o, aside: false });
    const end = (reason: 'stop' | 'length' | 'aborted'): GenEvent => {
      const usage = { prompt: base.tokens + 1, cached: base.tokens, out: generation.told.length };
      return { t: 'end', reason, usage };
    };
    yield { t: 'start', genId: generation.genId, base };
    for (const [id, said] of script.entries()) {
      await Promise.resolve();
      if (generation.ended || o.signal?.aborted) return yield end('aborted');
      if (id === o.maxTokens) return yield end('length');
      if (typeof said === 'string') {
        generation.told.push(said);
        yield { t: 'token', id, text: said, tMs: 0 };
        continue;
      }
      const index = generation.calls.length;
      const { callId, name } = said.call;
      generation.calls.push(said.call);
      yield { t: 'call', index, callId, name, tMs: 0 };
      for (const delta of said.call.arguments) yield { t: 'arguments', index, delta, tMs: 0 };
    }
    generation.whole = script.length !== o.maxTokens;
    yield end(generation.whole ? 'stop' : 'length');
  }

  private known(segment: AsideSegment): Segment {
    if (segment.k !== 'known') return segment;
    const found = this.log.media(segment.id);
    if (found) return found;
    throw new VisavisError('bad_request', 'that is not in the context any more', segment.id);
  }

  private remove(work: () => string[]): Promise<Removal> {
    return this.perform(() => {
      this.discard();
      const before = this.log.tokens;
      const dropped = work();
      this.log.startEpoch();
      this.at = this.log.record(this.seq);
      return { epoch: this.at.epoch, freed: before - this.log.tokens, dropped };
    });
  }

  private put(segment: Segment): void {
    if (segment.k === 'frame') checkImage(segment.image, this.caps.frameSize);
    if (segment.k === 'turn') this.checkEdge(segment);
    else if (segment.k === 'call' || segment.k === 'result') this.checkCalls(segment);
    else if (this.log.turn === null || (this.log.turn !== 'user' && segment.k !== 'text')) {
      throw new VisavisError('bad_request', `${segment.k} does not belong here`);
    }
    if (segment.k === 'audio' && segment.final && this.log.cost(segment) === 1) {
      throw new VisavisError('bad_audio', 'an utterance ended without any sound');
    }
    if (this.log.tokens + this.log.cost(segment) > this.caps.maxContextTokens) {
      throw new VisavisError('context_full', 'the context is full');
    }
    this.log.put(segment);
  }

  private checkCalls({ k }: Segment): void {
    if (!this.caps.tools) throw new VisavisError('bad_request', 'this model calls no tools');
    if (this.log.turn !== null) throw new VisavisError('bad_request', `a ${k} inside of a turn`);
  }

  private checkEdge(segment: Extract<Segment, { k: 'turn' }>): void {
    const fits = segment.edge === 'open' ? this.log.turn === null : this.log.turn === segment.role;
    if (!fits || (segment.role === 'system' && !this.caps.instructions))
      throw new VisavisError('bad_request', 'the order of turns is broken');
  }

  // Async only so that what is thrown becomes a rejection: it is all done when the call returns.
  private async perform<T>(work: () => T): Promise<T> {
    this.seq += 1;
    try {
      this.throwIfClosed();
      return work();
    } catch (error) {
      this.log.record(this.seq);
      throw error;
    }
  }

  private discard(): void {
    if (this.generation) this.generation.ended = true;
    this.generation = null;
  }

  private throwIfClosed(): void {
    if (this.closed) throw new VisavisError('session_closed', 'the session was closed');
  }
}

function newGeneration(genId: string): FakeGeneration {
  return { genId, told: [], calls: [], whole: false, ended: false };
}
