import {
  VisavisError,
  type AppendReceipt,
  type Checkpoint,
  type EngineCaps,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type Removal,
  type Segment,
} from '#modules/contracts';
import { checkImage } from '../core/inputs/pixels.js';
import { FakeLog, type LogEntry } from './fake-log.js';

/** The answer to a context; each string is one token. */
export type Script = (log: readonly LogEntry[]) => readonly string[];

interface FakeGeneration {
  readonly genId: string;
  readonly told: string[];
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
    const generation: FakeGeneration = { genId: `gen_${this.generations}`, told: [], ended: false };
    this.generation = generation;
    return this.tell(generation, o);
  }

  accept(genId: string, o: { keepTokens?: number } = {}): Promise<Checkpoint> {
    return this.perform(() => {
      const { generation } = this;
      if (generation?.genId !== genId)
        throw new VisavisError('bad_request', `there is no answer ${genId} to accept`);
      this.discard();
      this.log.put({ k: 'answer', id: genId, tokens: generation.told.slice(0, o.keepTokens) });
      this.at = this.log.record(this.seq);
      return this.at;
    });
  }

  evict(o: { keepFrames: number; targetTokens: number }): Promise<Removal> {
    return this.remove(() => this.log.keepFrames(o.keepFrames));
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
    const script = this.script(this.log.entries);
    const end = (reason: 'stop' | 'length' | 'aborted'): GenEvent => {
      const usage = { prompt: base.tokens + 1, cached: base.tokens, out: generation.told.length };
      return { t: 'end', reason, usage };
    };
    yield { t: 'start', genId: generation.genId, base };
    for (const [id, text] of script.entries()) {
      await Promise.resolve();
      if (generation.ended || o.signal?.aborted) return yield end('aborted');
      if (id === o.maxTokens) return yield end('length');
      generation.told.push(text);
      yield { t: 'token', id, text, tMs: 0 };
    }
    yield end(script.length === o.maxTokens ? 'length' : 'stop');
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

  private checkEdge(segment: Extract<Segment, { k: 'turn' }>): void {
    const fits = segment.edge === 'open' ? this.log.turn === null : this.log.turn === segment.role;
    if (!fits || segment.role === 'system')
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
