import {
  VisavisError,
  type AppendReceipt,
  type Checkpoint,
  type GenEvent,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import { BackgroundAppends } from './background-appends.js';
import { ContextRunner } from './context-runner.js';
import type { Context, ContextState } from '../context/context.js';
import { planEviction } from '../context/eviction.js';
import { Generation, type StopSignal } from './generation.js';
import { Journal, type JournalEntry } from '../context/journal.js';
import { Operation, OperationQueue } from './operation.js';
import { checkGenerate } from '../text/prompt.js';
import { makeSampler } from '../text/sampler.js';
import type { LogEntry } from '../context/log-entry.js';
import { beginContext, putSegment, restoreEntry } from './put-in.js';
import type { GenerationRequest, Numbered, Removed, SessionHost } from './session-host.js';
import { answerOwner, isNamed, type Span } from '../context/span.js';

/**
 * One session's operations over its context, in the order in which they are called. A failed one changes nothing.
 *
 * An answer is made on top of the context and taken off again by the next operation, unless that is its `accept`. A
 * background append is no such operation: while there is an answer it is shed.
 */
export class DecoderSession {
  private readonly host: SessionHost;
  private readonly context: Context;
  private readonly runner: ContextRunner;
  private readonly journal: Journal;
  private readonly queue = new OperationQueue(() => this.attendAhead());
  private readonly pendingAppends = new Map<number, Operation>();
  private readonly background: BackgroundAppends;
  /** Idle work that the next operation ends. */
  private ahead: Operation | null = null;
  /** Something has come since there was idle time last. */
  private hasNews = false;
  private generation: Generation | null = null;
  /** Of the last answer asked for, until an operation that settles it is asked for. */
  private unsettled: StopSignal | null = null;

  private constructor(host: SessionHost, context: Context) {
    this.host = host;
    this.context = context;
    this.runner = new ContextRunner(host, context);
    this.journal = new Journal(context.save());
    this.background = new BackgroundAppends(host);
  }

  /** @param budgetTokens size of the context; at most the model's */
  static async open(host: SessionHost, system: string, budgetTokens: number): Promise<DecoderSession> {
    const context = await beginContext(host, system, budgetTokens);
    return new DecoderSession(host, context);
  }

  get head(): Checkpoint {
    return this.journal.head;
  }

  /** What happened lately, oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.journal.entries;
  }

  /** What is in the context, in order, with an answer that waits to be accepted. */
  get contents(): readonly Span[] {
    return this.context.contents;
  }

  /** Notes a point to go back to. An answer that is being made goes on, and lies behind it. */
  mark(o: Numbered): Promise<Checkpoint> {
    // In the background: a mark is no reason to hurry what is in front of it.
    const operation = new Operation('background', o.seq);
    const work = (state: ContextState) =>
      Promise.resolve(this.journal.record({ op: 'mark', seq: o.seq }, this.generation?.before ?? state));
    return this.submit(operation, work, 'keepGeneration');
  }

  /** @throws `shed` for a background append that would wait too long or disturb an answer */
  append(o: Numbered & { segment: Segment; priority: 'commit' | 'background' }): Promise<AppendReceipt> {
    const operation = new Operation(o.priority, o.seq);
    this.pendingAppends.set(o.seq, operation);
    const done = () => void this.pendingAppends.delete(o.seq);
    const calledAt = this.host.nowMs();
    const work = () => this.appendNow(operation, o, calledAt);
    if (o.priority === 'commit') {
      this.settle();
      return this.submit(operation, work).finally(done);
    }
    this.background.admit(operation, this.unsettled !== null);
    return this.submit(operation, work).finally(() => {
      this.background.ended();
      done();
    });
  }

  /** Ends an append that has not finished; it rejects with `aborted`. */
  abortAppend(seq: number): void {
    this.pendingAppends.get(seq)?.cancel(new VisavisError('aborted', 'the append was aborted'));
  }

  /** @throws `stale_checkpoint` */
  rollback(o: Numbered & { to: Checkpoint }): Promise<Checkpoint> {
    this.settle();
    this.queue.cancelAfter(o.to.seq, new VisavisError('aborted', `undone by a rollback to ${o.to.seq}`));
    return this.submit(new Operation('commit', o.seq), () => {
      this.context.restore(this.journal.stateAt(o.to));
      return Promise.resolve(this.journal.rollback(o.seq, o.to));
    });
  }

  /** Resolves when the answer has ended, by itself or by `stop`. */
  generate(request: GenerationRequest, stop: StopSignal, emit: (event: GenEvent) => void): Promise<void> {
    const calledAt = this.host.nowMs();
    this.settle();
    this.unsettled = stop;
    const operation = new Operation(request.priority ?? 'commit', null);
    return this.submit(operation, async (before) => {
      checkGenerate(this.context.turn);
      const generation = new Generation(request.genId, this.head, before);
      emit({ t: 'start', genId: request.genId, base: generation.base });
      const cached = this.context.computed;
      const reason = await this.runner.answer(operation, {
        maxTokens: request.maxTokens,
        sampler: makeSampler(request.temperature, request.seed),
        stopped: () => stop.stopped,
        onToken: (id, text, probability) => {
          generation.tokens.push(id);
          const tMs = this.host.nowMs() - calledAt;
          emit({ t: 'token', id, text, tMs, ...(probability !== undefined && { probability }) });
        },
      });
      this.generation = generation;
      const prompt = before.tokens + this.host.special.count(this.host.codec.special.assistant);
      emit({ t: 'end', reason, usage: { prompt, cached, out: generation.tokens.length } });
    }).catch((error: unknown) => {
      if (this.unsettled === stop) this.unsettled = null;
      throw error;
    });
  }

  /** Ends the answer, if it is still being made, and keeps its first `keepTokens` tokens. */
  accept(o: Numbered & { genId: string; keepTokens: number }): Promise<Checkpoint> {
    this.settle();
    const operation = new Operation('commit', o.seq);
    const work = async () => {
      const generation = this.generation;
      if (generation?.id !== o.genId) {
        throw new VisavisError('bad_request', `there is no answer ${o.genId} to accept`);
      }
      const { before } = generation;
      const tokens = generation.tokens.slice(0, o.keepTokens);
      await this.runner.keepAnswer(before.tokens, tokens, operation);
      const owner = answerOwner(generation.id);
      this.context.seal(before.tokens, 'content', owner);
      this.generation = null;
      const span = { from: before.tokens, to: this.context.tokens };
      const state = this.context.save();
      return this.journal.record({ op: 'commit', seq: o.seq, owner, tokensKept: tokens.length, span }, state);
    };
    return this.submit(operation, work, 'keepGeneration');
  }

  evict(o: Numbered & EvictOptions): Promise<Removed> {
    return this.evictBy(o.seq, (spans, currentExchange) => planEviction(spans, { ...o, currentExchange }));
  }

  /** Evicts what `choose` says. What stays is computed first, so that it knows of what goes, whenever that came in. */
  evictBy(seq: number, choose: (spans: readonly Span[], exchange: number) => Span[]): Promise<Removed> {
    this.settle();
    const operation = new Operation('commit', seq);
    return this.submit(operation, async () => {
      await this.runner.compute(this.context.tokens, operation);
      const spans = choose(this.context.contents, this.context.exchange);
      const freed = this.context.evict(spans);
      const dropped = idsOf(spans);
      // With an exchange go its utterances' blocks that have no rows.
      const rest = new Set(spans.flatMap(({ kind, exchange }) => (kind === 'frame' ? [] : [exchange])));
      this.journal.forget((_, exchange) => rest.has(exchange));
      const at = this.journal.startEpoch({ op: 'evict', seq, dropped, freed }, this.context.save());
      return { at, freed, dropped };
    });
  }

  /**
   * Takes out what `ids` name and all that was computed from it. What lay behind is computed anew in the background, and
   * before anything that is asked for later.
   */
  redact(o: Numbered & { ids: readonly string[] }): Promise<Removed> {
    this.settle();
    let recompute = 0;
    const done = this.submit(new Operation('commit', o.seq), () => {
      const before = this.context.tokens;
      const ids = new Set(o.ids);
      const redaction = this.context.redact(ids);
      this.journal.forget((owner) => isNamed(owner, ids));
      recompute = redaction.recompute;
      const { tokens } = this.context;
      const gone = { dropped: idsOf(redaction.dropped), freed: before - tokens };
      const outcome = { op: 'redact', ...o, ...gone, span: { from: redaction.from, to: tokens } } as const;
      return Promise.resolve({ at: this.journal.startEpoch(outcome, this.context.save()), ...gone });
    });
    this.recompute(() => recompute);
    return done;
  }

  /** Shortens an accepted answer; what lies behind the cut is computed anew, as by {@link redact}. */
  cut({ seq, genId, keepTokens }: Numbered & { genId: string; keepTokens: number }): Promise<Removed> {
    this.settle();
    let recompute = 0;
    const done = this.submit(new Operation('commit', seq), () => {
      const { codec, special } = this.host;
      const owner = answerOwner(genId);
      const before = this.context.tokens;
      const keep = special.count(codec.special.assistant) + keepTokens;
      const cut = this.context.shorten(owner.key, { keep, end: special.count(codec.special.end) });
      const { tokens } = this.context;
      recompute = cut?.recompute ?? 0;
      const freed = before - tokens;
      const span = { from: cut?.from ?? tokens, to: tokens };
      const outcome = { op: 'cut', seq, owner, keepTokens, freed, span } as const;
      return Promise.resolve({
        at: this.journal.startEpoch(outcome, this.context.save()),
        freed,
        dropped: [],
      });
    });
    this.recompute(() => recompute);
    return done;
  }

  /** In the background, behind what is under way. @param rows asked for when it begins */
  private recompute(rows: () => number): void {
    const operation = new Operation('background', null);
    const recomputed = this.submit(operation, () => this.runner.compute(rows(), operation));
    // The rows stay pending then: whoever needs them computes them, or is told why that cannot be.
    void recomputed.catch(() => undefined);
  }

  /**
   * Puts back what a session held that was lost, entry by entry, and computes it at once.
   * @param o `next`: position id of what comes behind it
   */
  restore(
    o: Numbered & { entry: LogEntry; next: number; priority: 'commit' | 'background' },
  ): Promise<Checkpoint> {
    const operation = new Operation(o.priority, o.seq);
    return this.submit(operation, async () => {
      const done = await restoreEntry(this.context, this.runner, { ...o, operation });
      return this.journal.record({ ...done, seq: o.seq }, this.context.save());
    });
  }

  /** Cancels what is under way, and resolves when it has ended and the context's memory is given back. */
  async close(): Promise<void> {
    this.settle();
    this.hasNews = false;
    this.queue.cancelAll(new VisavisError('session_closed', 'the session was closed'));
    await this.queue.idle();
    this.context.release();
  }

  /** Resolves when what was asked for so far has ended. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  /** Resolves when what was asked for has ended, and what is done in idle time. */
  settled(): Promise<void> {
    return this.queue.settled();
  }

  private async appendNow(
    operation: Operation,
    o: Numbered & { segment: Segment },
    calledAt: number,
  ): Promise<AppendReceipt> {
    const queue = this.host.nowMs() - calledAt;
    const took = (key: string) => this.journal.took(key);
    const { done, times, told } = await putSegment(this.context, this.runner, { ...o, operation, took });
    this.hasNews = true;
    const at = this.journal.record({ ...done, seq: o.seq }, this.context.save());
    return { at, tokens: done.added, ms: { queue, ...times }, ...told };
  }

  private submit<T>(
    operation: Operation,
    work: (before: ContextState) => Promise<T>,
    generation: 'discardGeneration' | 'keepGeneration' = 'discardGeneration',
  ): Promise<T> {
    this.ahead?.cancel(new VisavisError('aborted', 'another operation came'));
    return this.queue.run(operation, async () => {
      let before = this.context.save();
      try {
        operation.throwIfCancelled();
        if (generation === 'discardGeneration') before = this.discard(before);
        return await work(before);
      } catch (error) {
        this.context.restore(before);
        // Without an answer that waits to be accepted: no checkpoint lies inside of one.
        const { seq } = operation;
        const code = error instanceof VisavisError ? error.code : 'engine_failed';
        if (seq !== null) this.journal.record({ op: 'failed', seq, code }, this.generation?.before ?? before);
        throw error;
      }
    });
  }

  /** While nobody wants anything, and somebody speaks: attends to what was said so far. */
  private attendAhead(): void {
    if (!this.hasNews || this.context.utterance === null) return;
    this.hasNews = false;
    const operation = new Operation('idle', null);
    this.ahead = operation;
    // What cannot be computed now is computed when it is needed, or it is told then why it cannot be.
    this.queue.run(operation, () => this.runner.attendAhead(operation)).catch(() => undefined);
  }

  private discard(current: ContextState): ContextState {
    if (!this.generation) return current;
    const { before } = this.generation;
    this.context.restore(before);
    this.generation = null;
    return before;
  }

  private settle(): void {
    this.unsettled?.stop();
    this.unsettled = null;
  }
}

function idsOf(spans: readonly Span[]): string[] {
  return spans.flatMap(({ owner }) => (owner ? [owner.id] : []));
}
