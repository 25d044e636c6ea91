import { VisavisError, type EarTold, type Segment } from '#modules/contracts';
import type { Context } from '../context/context.js';
import { opensExchange } from '../context/span.js';
import { joinRows } from '../context/join-rows.js';
import { Detokenizer } from '../text/detokenizer.js';
import type { Operation } from './operation.js';
import { toPlanes } from '../inputs/pixels.js';
import type { OmniModel, TextCodec } from '../model/ports.js';
import { checkContent, edgeToken, withoutSpecials } from '../text/prompt.js';
import { probabilityOf, type Sampler } from '../text/sampler.js';
import { DecodeStep, Sequence, type ModelRunner } from '../scheduling/model-runner.js';
import { chunkOf } from '../scheduling/scheduler-policy.js';
import type { Scheduler } from '../scheduling/scheduler.js';
import type { SpecialRows } from '../inputs/special-rows.js';
import { Utterance } from '../inputs/utterance.js';

/** What runs a model, shared by the sessions of one worker. */
export interface ModelHost {
  readonly model: OmniModel;
  readonly codec: TextCodec;
  readonly special: SpecialRows;
  readonly runner: ModelRunner;
  readonly scheduler: Scheduler<DecodeStep, Float32Array>;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

/** Milliseconds that an append spent; includes waiting for the model between runs. */
export interface RunTimes {
  encode: number;
  prefill: number;
}

export type AnswerEnd = 'stop' | 'length' | 'aborted';

export interface AnswerOptions {
  readonly maxTokens: number;
  readonly sampler: Sampler;
  stopped(): boolean;
  /** @param probability that the model gave the first one */
  onToken(id: number, text: string, probability?: number): void;
}

type SegmentOf<K extends Segment['k']> = Extract<Segment, { k: K }>;

/** Runs the model over one context, one pass of the scheduler a run. Between runs a cancelled operation ends by its reason. */
export class ContextRunner {
  private readonly host: ModelHost;
  private readonly context: Context;

  constructor(host: ModelHost, context: Context) {
    this.host = host;
    this.context = context;
  }

  /** Puts a segment into the context; a frame is computed at once, anything else with what comes next. */
  async take(segment: Segment, operation: Operation): Promise<RunTimes> {
    const times: RunTimes = { encode: 0, prefill: 0 };
    if (segment.k === 'turn') {
      this.takeEdge(segment);
      return times;
    }
    if (segment.k === 'call' || segment.k === 'result') {
      throw new VisavisError('bad_request', 'this model calls no tools');
    }
    checkContent(segment, this.context.turn);
    this.checkSenses(segment);
    const startedAt = this.host.nowMs();
    if (segment.k === 'text') await this.takeText(segment, operation);
    else if (segment.k === 'audio') await this.takeAudio(segment, operation);
    else await this.takeFrame(segment, operation);
    times.encode = this.host.nowMs() - startedAt;
    if (segment.k === 'frame') {
      await this.prefill(operation);
      times.prefill = this.host.nowMs() - startedAt - times.encode;
    }
    return times;
  }

  /**
   * What the ear tells of the utterance up to the end of this sound, which has been taken in; nothing where the model does not say.
   * The context is not changed by asking.
   */
  async told(segment: SegmentOf<'audio'>, operation: Operation): Promise<EarTold> {
    const { model, scheduler } = this.host;
    const utterance = segment.final ? this.context.spoken : this.context.utterance;
    const known = utterance?.toldSoFar ?? null;
    const { turnEnd, tells } = model.config.audio;
    if (!utterance || known || !segment.predict || !(turnEnd || tells)) return known ?? {};
    const rest = utterance.nextBlock(true);
    if (!rest) return {};
    const encoded = utterance.takePeeked() ?? (await scheduler.run(operation, () => model.encodeAudio(rest)));
    utterance.keepPeeked(encoded);
    return utterance.toldOf(rest, encoded);
  }

  /** Answers into the context. The tokens that were told are given to `onToken`; the last one is not computed yet. */
  async answer(operation: Operation, options: AnswerOptions): Promise<AnswerEnd> {
    const { codec, special } = this.host;
    if (options.stopped()) return 'aborted';
    const header = special.count(codec.special.assistant);
    // What accepting the answer adds behind it.
    const closing = special.count(codec.special.end);
    if (this.context.room < header + closing)
      throw new VisavisError('context_full', 'there is no room for an answer');
    this.context.add('content', special.row(codec.special.assistant), header);
    const logits = await this.prefill(operation);
    if (operation.priority === 'commit') operation.priority = 'decode';
    const sequence = new Sequence(this.context);
    try {
      return await this.goOn(sequence, logits, operation, options);
    } finally {
      this.host.runner.end(sequence);
    }
  }

  /**
   * Makes the first tokens of an answer, and the end of its turn, part of the context.
   * Rows that are computed are kept.
   * @param base the context's length before the answer
   */
  async keepAnswer(base: number, tokens: readonly number[], operation: Operation): Promise<void> {
    const { codec, special, model, scheduler } = this.host;
    const header = special.count(codec.special.assistant);
    const has = Math.min(Math.max(0, this.context.tokens - base - header), tokens.length);
    const missing = tokens.slice(has);
    const rows = missing.length > 0 ? await scheduler.run(operation, () => model.embed(missing)) : null;
    operation.throwIfCancelled();
    if (this.context.tokens === base) {
      this.context.add('content', special.row(codec.special.assistant), header);
    }
    this.context.cut(base + header + has);
    if (rows) this.context.add('content', rows, missing.length);
    this.context.add('content', special.row(codec.special.end), special.count(codec.special.end));
    this.context.spoken?.dropEncoded();
    this.context.spoken = null;
  }

  private async goOn(
    sequence: Sequence,
    first: Float32Array,
    operation: Operation,
    options: AnswerOptions,
  ): Promise<AnswerEnd> {
    const { codec, special, scheduler } = this.host;
    const closing = special.count(codec.special.end);
    const text = new Detokenizer();
    let logits = first;
    for (let count = 1; ; count++) {
      if (options.stopped()) return 'aborted';
      if (this.context.room < 1 + closing) return 'length';
      const id = options.sampler(logits);
      if (codec.stops?.has(id) ?? id === codec.special.end) return 'stop';
      const spelt = text.push(codec.spelling(id));
      if (count === 1) options.onToken(id, spelt, probabilityOf(logits, id));
      else options.onToken(id, spelt);
      if (count === options.maxTokens) return 'length';
      logits = await scheduler.step(operation, new DecodeStep(sequence, id));
    }
  }

  private checkSenses({ k }: Segment): void {
    if (!this.host.model.config.textOnly) return;
    if (k === 'frame') throw new VisavisError('bad_image', 'this model sees nothing');
    if (k === 'audio') throw new VisavisError('bad_audio', 'this model hears nothing');
  }

  private takeEdge(segment: SegmentOf<'turn'>): void {
    const { context, host } = this;
    const token = edgeToken(segment, context.turn, host.codec.special);
    const opens = segment.edge === 'open';
    if (opensExchange(segment)) context.exchange += 1;
    context.add('content', host.special.row(token), host.special.count(token));
    context.turn = opens ? segment.role : null;
  }

  private async takeText(segment: SegmentOf<'text'>, operation: Operation): Promise<void> {
    const ids = this.host.codec.encode(withoutSpecials(segment.text));
    if (ids.length === 0) return;
    const rows = await this.host.scheduler.run(operation, () => this.host.model.embed(ids));
    operation.throwIfCancelled();
    this.context.add('content', rows, ids.length);
  }

  private async takeAudio(segment: SegmentOf<'audio'>, operation: Operation): Promise<void> {
    const { model, special, codec, scheduler } = this.host;
    const { config } = model;
    const id = segment.utterance ?? null;
    // A block of another utterance: the one before it was given up.
    if (this.context.utterance?.id !== id) {
      this.context.utterance?.dropEncoded();
      this.context.utterance = null;
      this.context.dropAhead();
    }
    const utterance = (this.context.utterance ??= new Utterance(config.audio, config.text.hiddenSize, id));
    utterance.append(segment.pcm);
    for (let block = utterance.nextBlock(segment.final); block; block = utterance.nextBlock(segment.final)) {
      const next = block;
      const encoded =
        utterance.takePeeked() ?? (await scheduler.run(operation, () => model.encodeAudio(next)));
      utterance.takeEncoded(next, encoded);
      operation.throwIfCancelled();
    }
    if (!segment.final) return;
    const { rows, tokens } = utterance.features();
    if (tokens === 0) throw new VisavisError('bad_audio', 'an utterance ended without any sound');
    this.context.addSpoken(joinRows(special.row(codec.special.audio), rows), 1 + tokens);
    this.context.utterance = null;
    this.context.spoken = utterance;
  }

  /**
   * Attends to what the utterance that is being spoken has so far, as if it stood there already: at its end only the
   * rest is to be computed. Ends when `operation` is cancelled, between two runs.
   */
  async attendAhead(operation: Operation): Promise<void> {
    const { special, codec, scheduler, runner } = this.host;
    const { rows, tokens } = this.context.utterance?.features() ?? { rows: new Float32Array(), tokens: 0 };
    if (tokens === 0) return;
    const spoken = joinRows(special.row(codec.special.audio), rows);
    const o = { spoken, count: 1 + tokens, max: chunkOf(operation.priority) };
    const run = () => (operation.isCancelled ? Promise.resolve(false) : runner.prefillAhead(this.context, o));
    while (await scheduler.run(operation, run));
  }

  private async takeFrame(segment: SegmentOf<'frame'>, operation: Operation): Promise<void> {
    const { model, special, codec, scheduler } = this.host;
    const { vision } = model.config;
    const rows = await scheduler.run(operation, () =>
      model.encodeFrame(toPlanes(segment.image, vision.mean, vision.std)),
    );
    operation.throwIfCancelled();
    this.context.add('frame', joinRows(special.row(codec.special.frame), rows), 1 + vision.tokensPerFrame);
  }

  /**
   * Computes pending rows until `rows` are computed, in chunks: what is more urgent need not wait for all of them.
   * @returns the logits of the last row; empty where none was pending
   */
  async compute(rows: number, operation: Operation): Promise<Float32Array> {
    const { runner, scheduler } = this.host;
    let logits: Float32Array = new Float32Array();
    while (this.context.computed < rows) {
      operation.throwIfCancelled();
      const left = rows - this.context.computed;
      logits = await scheduler.run(operation, () =>
        runner.prefill(this.context, Math.min(left, chunkOf(operation.priority))),
      );
    }
    return logits;
  }

  private prefill(operation: Operation): Promise<Float32Array> {
    return this.compute(this.context.tokens, operation);
  }
}
