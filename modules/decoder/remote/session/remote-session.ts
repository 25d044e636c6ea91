import {
  VisavisError,
  type AppendReceipt,
  type AsideOptions,
  type Checkpoint,
  type EngineCaps,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type Guard,
  type Removal,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import { checkImage } from '../../core/inputs/pixels.js';
import { toMessages, type ChatMessage, type Json } from '../../core/remote/messages.js';
import { RemoteLog } from '../../core/remote/remote-log.js';
import { RequestBudget } from '../../core/remote/request-budget.js';
import type { MediaWriter } from '../media/media-writer.js';
import type { LocalEar } from '../options.js';
import type { Place } from '../replicas.js';
import type { Costs } from '../../core/remote/costs.js';
import { Asides } from './asides.js';
import { AnswerUnderWay, ask, type Asker } from './asking.js';
import { EventQueue } from './event-queue.js';
import { MediaContent } from './media-content.js';
import { Operations } from './operations.js';
import type { Warmer, WarmerOptions } from './warmer.js';

/** What a session rests on. */
export interface RemoteSessionOptions {
  /** Used in the names of answers and of media: of no other session, ever. */
  readonly id: string;
  readonly system: string;
  readonly budgetTokens: number;
  readonly maxFrames: number;
  readonly caps: EngineCaps;
  readonly costs: Costs;
  readonly systemAmid: boolean;
  readonly asker: Asker;
  readonly place: Place;
  readonly media: MediaWriter;
  readonly ear: LocalEar | null;
  readonly guard: Guard;
  readonly speculationsPerMinute: number;
  readonly warmer: ((context: WarmerOptions['context']) => Warmer) | null;
  onClosed(): void;
}

/** Events that an answer may be ahead of its reader. */
const AHEAD = 256;
/** Background frames of a session that may wait for the encoder, and of all of them. */
const SESSION_BACKLOG = 2;
const ENGINE_BACKLOG = 16;
const NO_MS = { queue: 0, encode: 0, prefill: 0 };

/**
 * A session whose context is computed by an inference server, and anew by every request: what is kept is the log, here. The server's
 * cache makes that cheap, and nothing is lost with it.
 */
export class RemoteSession implements EngineSession {
  private readonly options: RemoteSessionOptions;
  private readonly log: RemoteLog;
  private readonly operations = new Operations();
  private readonly content: MediaContent;
  private readonly warmer: Warmer | null;
  private readonly asides: Asides;
  private readonly speculations: RequestBudget;
  private readonly closing = new AbortController();
  /** The last answer, until an operation takes it off. */
  private generation: { readonly answer: AnswerUnderWay; readonly left: AbortController } | null = null;
  private generations = 0;
  private background = 0;

  constructor(options: RemoteSessionOptions) {
    const { system, costs, caps, budgetTokens: maxTokens } = options;
    this.options = options;
    this.log = new RemoteLog({ system, costs, tools: caps.tools ?? false, maxTokens });
    this.content = new MediaContent(options);
    this.speculations = new RequestBudget(options.speculationsPerMinute);
    this.warmer = options.warmer?.(() => ({ messages: this.messages(), tokens: this.head.tokens })) ?? null;
    this.asides = new Asides({
      id: options.id,
      context: this.log,
      fresh: (own) => new RemoteLog({ system: own ?? system, costs, tools: caps.tools ?? false, maxTokens }),
      encode: (segment, pcm, signal) => this.content.encode(segment, pcm, signal),
      writeDown: options.ear && ((medium, signal) => this.content.writtenDown(medium, signal)),
      asker: options.asker,
      place: options.place,
      systemAmid: options.systemAmid,
      ahead: AHEAD,
    });
  }

  get head(): Checkpoint {
    return this.log.head;
  }

  /** What the next request would say. */
  messages(): ChatMessage[] {
    const { systemAmid } = this.options;
    return toMessages(this.log.entries, this.log, { system: this.log.system, systemAmid });
  }

  mark(): Checkpoint {
    this.throwIfClosed();
    return { ...this.log.head, seq: this.operations.next() };
  }

  async append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    this.throwIfClosed();
    if (segment.k === 'frame') checkImage(segment.image, this.options.caps.frameSize, true);
    if (o.priority === 'background') this.throwIfShed();
    else this.supersede();
    if (segment.k === 'audio' && segment.final) this.warmer?.stop();
    const { clock } = this.options.asker;
    const calledAtMs = clock.nowMs();
    // A picture is encoded while others are; its turn comes in order.
    const picture = segment.k === 'frame' ? this.content.encode(segment, null, this.closing.signal) : null;
    picture?.catch(() => undefined);
    const own = segment.k === 'audio' ? { ...segment, pcm: segment.pcm.slice() } : segment;
    const isBackground = o.priority === 'background';
    if (isBackground) this.background += 1;
    const seq = this.operations.next();
    const done = this.operations.run(seq, async (check) => {
      const begunAtMs = clock.nowMs();
      const put = await this.put(seq, own, picture, () => {
        check();
        this.throwIfClosed();
        if (o.signal?.aborted) throw new VisavisError('aborted', 'the append was aborted');
      });
      const ms = { ...NO_MS, queue: begunAtMs - calledAtMs, encode: clock.nowMs() - begunAtMs };
      return { ...put, ms };
    });
    return isBackground ? done.finally(() => (this.background -= 1)) : done;
  }

  async rollback(to: Checkpoint): Promise<void> {
    this.throwIfClosed();
    this.supersede();
    this.operations.cancelAfter(to.seq);
    const seq = this.operations.next();
    await this.operations.run(seq, () => {
      this.log.rollback(seq, to);
      this.warmer?.forget();
    });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    this.throwIfClosed();
    this.supersede();
    this.warmer?.stop();
    const { asker, place } = this.options;
    const calledAtMs = asker.clock.nowMs();
    if (o.speculative && !this.speculations.take(calledAtMs))
      return thrown(new VisavisError('shed', 'enough answers were begun ahead for now', 'answering'));
    const genId = `gen_${this.options.id}_${++this.generations}`;
    const answer = new AnswerUnderWay(genId, () => asker.newCallId());
    const left = new AbortController();
    const signal = anyOf(o.signal, left.signal, this.closing.signal);
    const events = new EventQueue<GenEvent>(AHEAD);
    this.generation = { answer, left };
    const begin = async (): Promise<void> => {
      if (this.log.openRole !== null)
        throw new VisavisError('bad_request', `a ${this.log.openRole} turn is open`);
      const base = this.log.head;
      const estimate = base.tokens + 1;
      const tooLong = (): void => this.log.learn(this.options.budgetTokens, estimate);
      const counted = (prompt: number): void => this.log.learn(prompt, estimate);
      await events.push({ t: 'start', genId, base });
      const kind = o.speculative ? ('speculation' as const) : ('answer' as const);
      const asked = { ...o, genId, messages: this.messages(), estimate, signal, kind, counted, tooLong };
      await ask(asker, place, asked, { answer, events, calledAtMs });
    };
    this.options.guard.watch(
      'engine.answer',
      this.operations.settled.then(begin).catch((error: unknown) => {
        answer.ended = true;
        if (this.generation?.answer === answer) this.generation = null;
        events.end(error);
        if (!(error instanceof VisavisError)) throw error;
      }),
    );
    return events.read(() => left.abort());
  }

  async accept(genId: string, o: { keepTokens?: number; keepCalls?: number } = {}): Promise<Checkpoint> {
    this.throwIfClosed();
    const { generation } = this;
    if (generation?.answer.genId !== genId)
      throw new VisavisError('bad_request', `there is no answer ${genId} to accept`);
    this.generation = null;
    const { answer, left } = generation;
    answer.ended = true;
    left.abort();
    const pieces = answer.pieces.slice(0, o.keepTokens);
    const calls = answer.calls.slice(0, o.keepCalls ?? (answer.whole ? undefined : 0));
    const isAll = pieces.length === answer.pieces.length;
    const out = isAll ? (answer.usage?.out ?? null) : null;
    const told = { genId, pieces, calls: calls.map((call) => ({ ...call })), out };
    const seq = this.operations.next();
    return this.operations.run(seq, () => this.log.accept(seq, told));
  }

  aside(o: AsideOptions): AsyncGenerator<GenEvent> {
    this.throwIfClosed();
    return this.asides.answer(o, this.operations.settled, this.closing.signal);
  }

  cut(genId: string, o: { keepTokens: number }): Promise<Removal> {
    return this.remove((seq) => this.log.cut(seq, genId, o.keepTokens));
  }

  evict(o: EvictOptions): Promise<Removal> {
    return this.remove((seq) => this.log.evict(seq, o));
  }

  redact(ids: readonly string[]): Promise<Removal> {
    return this.remove((seq) => this.log.redact(seq, ids));
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.warmer?.stop();
    this.supersede();
    this.closing.abort();
    this.options.place.leave();
    this.options.onClosed();
    await this.operations.settled;
  }

  private async put(
    seq: number,
    segment: Segment,
    picture: Promise<Json | null> | null,
    check: () => void,
  ): Promise<Omit<AppendReceipt, 'ms'>> {
    const { log } = this;
    if (log.has(segment)) return { at: log.append(seq, segment, 0), tokens: 0 };
    const pcm = segment.k === 'audio' && segment.final ? log.utteranceOf(segment) : null;
    if (pcm?.length === 0) throw new VisavisError('bad_audio', 'an utterance ended without any sound');
    const tokens = log.cost(segment, pcm?.length);
    log.check(segment, tokens);
    if (segment.k === 'frame' && log.frames >= this.options.maxFrames)
      throw new VisavisError('context_full', `${this.options.maxFrames} frames are in the context already`);
    const medium = pcm ? await this.content.encode(segment, pcm, this.closing.signal) : await picture;
    check();
    const isMedium = pcm !== null || segment.k === 'frame';
    const at = log.append(seq, segment, tokens, isMedium ? medium : undefined);
    if (segment.k === 'frame') this.warmer?.changed();
    return { at, tokens };
  }

  private async remove(work: (seq: number) => Removal): Promise<Removal> {
    this.throwIfClosed();
    this.supersede();
    const seq = this.operations.next();
    return this.operations.run(seq, () => {
      this.warmer?.forget();
      this.options.place.found(null);
      return work(seq);
    });
  }

  /** The next operation ends an answer, and takes it off. */
  private supersede(): void {
    const { generation } = this;
    if (!generation) return;
    this.generation = null;
    generation.answer.ended = true;
    generation.left.abort();
  }

  private throwIfShed(): void {
    if (this.generation)
      throw new VisavisError('shed', 'an answer is being made or waits to be accepted', 'answering');
    if (this.background >= SESSION_BACKLOG)
      throw new VisavisError('shed', 'frames of this session wait already', 'session_backlog');
    if (this.options.media.backlog >= ENGINE_BACKLOG)
      throw new VisavisError('shed', 'frames of other sessions wait already', 'worker_backlog');
  }

  private throwIfClosed(): void {
    if (this.closing.signal.aborted) throw new VisavisError('session_closed', 'the session is closed');
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

// oxlint-disable-next-line require-yield -- a generator, since that is what is asked for; it has nothing to tell
async function* thrown(error: VisavisError): AsyncGenerator<never> {
  await Promise.reject(error);
}
