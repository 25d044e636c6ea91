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
  type Removal,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import { checkImage } from '../../core/inputs/pixels.js';
import { SessionLog } from '../../core/context/session-log.js';
import { Asides } from './asides.js';
import { EventStream } from './event-stream.js';
import { GenerationRecord } from './generation-record.js';
import { ownCopy } from './own-copy.js';
import { SessionKeeper, type Run, type SessionPlaces } from './session-keeper.js';
import type { WorkerLink } from './worker-link.js';

export interface WorkerSessionOptions {
  /** Used in the names of answers. */
  readonly id: number;
  readonly caps: EngineCaps;
  readonly places: SessionPlaces;
  onClosed(): void;
}

/**
 * A session whose context lives in an engine worker, and whose log lives here. When the worker is lost the session is
 * rebuilt in another one; see {@link SessionKeeper} for what becomes of the operations meanwhile.
 */
export class WorkerSession implements EngineSession {
  private readonly options: WorkerSessionOptions;
  private readonly log: SessionLog;
  private readonly keeper: SessionKeeper;
  private readonly asides: Asides;
  /** What was called last has been done. */
  private lastDone: Promise<unknown> = Promise.resolve();
  /** Of the last operation that was called, answered or not. */
  private seq = 0;
  private generations = 0;
  /** The last answer, until an operation takes it off. */
  private generation: GenerationRecord | null = null;
  private closed = false;

  constructor(link: WorkerLink, options: WorkerSessionOptions) {
    this.options = options;
    this.log = new SessionLog(link.start);
    this.keeper = new SessionKeeper(this.log, options.places, link);
    this.asides = new Asides(options.id, this.log, options.places);
  }

  get head(): Checkpoint {
    return this.log.head;
  }

  mark(): Checkpoint {
    this.keeper.throwIfClosed();
    const seq = ++this.seq;
    // Nothing waits for the worker to note it: the log knows the point as well.
    this.keeper
      .run({
        seq,
        online: (link) => link.client.ask({ ...link.number(seq), t: 'mark' }),
        offline: () => this.log.head,
      })
      .catch(() => undefined);
    return { ...this.log.head, seq };
  }

  async append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    this.keeper.throwIfClosed();
    if (segment.k === 'frame') checkImage(segment.image, this.options.caps.frameSize);
    const priority = o.priority ?? 'commit';
    if (priority === 'commit') this.supersede();
    else if (this.generation) {
      // The worker would say the same, unless it is another one than that which made the answer.
      throw new VisavisError('shed', 'an answer is being made or waits to be accepted');
    }
    const own = ownCopy(segment).copy;
    const seq = ++this.seq;
    return this.run({
      seq,
      signal: o.signal,
      passing: priority === 'background',
      online: async (link) => {
        const { copy, transfer } = ownCopy(own);
        const receipt = await link.client.ask(
          { ...link.number(seq), t: 'append', segment: copy, priority },
          { signal: o.signal, transfer },
        );
        return { ...receipt, at: this.log.append(seq, own, receipt.tokens) };
      },
      ...(own.k === 'turn' && { offline: () => this.appendEdge(seq, own) }),
    });
  }

  async rollback(to: Checkpoint): Promise<void> {
    this.keeper.throwIfClosed();
    this.supersede();
    const seq = ++this.seq;
    this.keeper.cancelHeldAfter(to.seq);
    await this.run({
      seq,
      online: async (link) => {
        await link.client.ask({ t: 'rollback', to: link.checkpoint(to, this.log), ...link.number(seq) });
        return this.log.rollback(seq, to);
      },
      offline: () => this.log.rollback(seq, to),
    });
  }

  async judge(pcm: Float32Array): Promise<EarTold> {
    this.keeper.throwIfClosed();
    const own = pcm.slice();
    return this.keeper.run({
      seq: null,
      online: (link) => {
        const copy = own.slice();
        return link.client.ask({ t: 'judge', session: link.session, pcm: copy }, { transfer: [copy.buffer] });
      },
    });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    this.keeper.throwIfClosed();
    this.supersede();
    this.generations += 1;
    const genId = `gen_${this.options.id}_${this.generations}`;
    const { maxTokens, temperature = 0, seed = 0 } = o;
    const request = { genId, maxTokens, temperature, seed };
    const record = new GenerationRecord(genId, performance.now());
    this.generation = record;
    const events = new EventStream<GenEvent>();
    const left = new AbortController();
    const signal = o.signal ? AbortSignal.any([o.signal, left.signal]) : left.signal;
    const onEvent = (event: GenEvent) => {
      const told = record.take(event, this.log.head);
      if (told) events.push(told);
    };
    const finished = this.keeper.run({
      seq: null,
      signal,
      repeatable: () => record.repeatable,
      online: async (link) => {
        record.begin(link, performance.now());
        await link.client.ask({ t: 'generate', session: link.session, request }, { signal, onEvent });
      },
    });
    finished.catch((error: unknown) => {
      // Of an answer that was lost with its worker, what was told can still be accepted.
      const lost = error instanceof VisavisError && error.code === 'engine_restarting';
      if (!lost && this.generation === record) this.generation = null;
    });
    return events.readUntil(finished, () => left.abort());
  }

  async accept(genId: string, o: { keepTokens?: number } = {}): Promise<Checkpoint> {
    this.keeper.throwIfClosed();
    const record = this.generation;
    if (record?.genId !== genId) {
      throw new VisavisError('bad_request', `there is no answer ${genId} to accept`);
    }
    record.superseded = true;
    const seq = ++this.seq;
    // What was told and is not cut off; the worker keeps the same, for it tells before it keeps.
    const kept = () => record.tokens.slice(0, o.keepTokens);
    const accepted = (at?: Checkpoint) => {
      if (this.generation === record) this.generation = null;
      return this.log.accept(seq, { k: 'answer', id: genId, tokens: kept() }, at);
    };
    return this.run({
      seq,
      online: async (link) => {
        if (record.link === link) {
          const keepTokens = o.keepTokens ?? null;
          return accepted(await link.client.ask({ ...link.number(seq), t: 'accept', genId, keepTokens }));
        } else {
          const entry = this.log.next({ k: 'answer', id: genId, tokens: kept() });
          const next = entry.position + entry.rows;
          return accepted(
            await link.client.ask({ ...link.number(seq), t: 'restore', entry, next, priority: 'commit' }),
          );
        }
      },
      offline: () => accepted(),
    });
  }

  async evict(o: EvictOptions): Promise<Removal> {
    this.keeper.throwIfClosed();
    this.supersede();
    const seq = ++this.seq;
    const logged = () => this.removed(this.log.evict(seq, o));
    return this.run({
      seq,
      online: async (link) => {
        await link.client.ask({ ...link.number(seq), t: 'evict', ...o });
        return logged();
      },
      offline: logged,
    });
  }

  async redact(ids: readonly string[]): Promise<Removal> {
    this.keeper.throwIfClosed();
    this.supersede();
    const seq = ++this.seq;
    const logged = () => this.removed(this.log.redact(seq, ids));
    return this.run({
      seq,
      online: async (link) => {
        await link.client.ask({ ...link.number(seq), t: 'redact', ids });
        return logged();
      },
      offline: logged,
    });
  }

  async cut(genId: string, o: { keepTokens: number }): Promise<Removal> {
    this.keeper.throwIfClosed();
    this.supersede();
    const { keepTokens } = o;
    const seq = ++this.seq;
    const logged = () => this.removed(this.log.cut(seq, genId, keepTokens));
    return this.run({
      seq,
      online: async (link) => {
        await link.client.ask({ ...link.number(seq), t: 'cut', genId, keepTokens });
        return logged();
      },
      offline: logged,
    });
  }

  aside(o: AsideOptions): AsyncGenerator<GenEvent> {
    this.keeper.throwIfClosed();
    return this.asides.answer(o, this.lastDone);
  }

  onLost(listener: (why: VisavisError) => void): void {
    this.keeper.onLost(listener);
  }

  async settled(): Promise<void> {
    this.keeper.throwIfClosed();
    await this.keeper.run({
      seq: null,
      online: (link) => link.client.ask({ t: 'settled', session: link.session }),
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.options.onClosed();
    this.asides.close();
    await this.keeper.close();
  }

  private run<T>(operation: Run<T>): Promise<T> {
    const done = this.keeper.run(operation);
    this.lastDone = done.catch(() => undefined);
    return done;
  }

  private removed(taken: Omit<Removal, 'epoch'>): Removal {
    return { epoch: this.log.head.epoch, ...taken };
  }

  /** What an edge makes is known without computing it. */
  private appendEdge(seq: number, segment: Segment & { k: 'turn' }): AppendReceipt | null {
    const tokens = this.log.edge(segment);
    if (tokens === null) return null;
    return { at: this.log.append(seq, segment, tokens), tokens, ms: { queue: 0, encode: 0, prefill: 0 } };
  }

  /** The next operation ends an answer; one that waits to be begun is not begun any more. */
  private supersede(): void {
    if (this.generation) this.generation.superseded = true;
    this.generation = null;
    this.keeper.cancelHeldAnswers();
  }
}
