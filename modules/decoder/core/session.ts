import {
  VisavisError,
  type AppendReceipt,
  type Checkpoint,
  type GenEvent,
  type Segment,
} from '#modules/contracts';
import { ContextRunner, type ModelHost } from './context-runner.js';
import { Context, type ContextState } from './context.js';
import { Generation, type StopSignal } from './generation.js';
import { Journal } from './journal.js';
import { Operation, OperationQueue } from './operation.js';
import { checkGenerate, withoutSpecials } from './prompt.js';
import { makeSampler } from './sampler.js';
import { mustShed, type ShedLimits } from './scheduler.js';

/** What the sessions of one worker share. */
export interface SessionHost extends ModelHost {
  readonly shedLimits: ShedLimits;
  /** Background appends that wait, in all sessions together. */
  readonly backlog: { waiting: number };
}

export interface GenerationRequest {
  readonly genId: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** An operation that changes the context: the owner's number of it. Numbers rise, and none is used twice. */
export interface Numbered {
  readonly seq: number;
}

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
  private readonly queue = new OperationQueue();
  private readonly pendingAppends = new Map<number, Operation>();
  private generation: Generation | null = null;
  /** Of the last answer asked for, until an operation that settles it is asked for. */
  private unsettled: StopSignal | null = null;
  private background = 0;

  private constructor(host: SessionHost, context: Context) {
    this.host = host;
    this.context = context;
    this.runner = new ContextRunner(host, context);
    this.journal = new Journal(context.save());
  }

  /** @param budgetTokens size of the context; at most the model's */
  static async open(host: SessionHost, system: string, budgetTokens: number): Promise<DecoderSession> {
    const { model, codec, special } = host;
    const { text, supportsInstructions } = model.config;
    const context = new Context(model.kv, text.hiddenSize, Math.min(budgetTokens, text.maxContextTokens));
    context.add('content', special.row(codec.special.bos), special.count(codec.special.bos));
    if (supportsInstructions && system !== '' && codec.special.system !== undefined) {
      const ids = [codec.special.system, ...codec.encode(withoutSpecials(system)), codec.special.end];
      const rows = await host.turnstile.run({ priority: 'commit' }, () => model.embed(ids));
      context.add('content', rows, rows.length / text.hiddenSize);
    }
    return new DecoderSession(host, context);
  }

  get head(): Checkpoint {
    return this.journal.head;
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
    this.admit(operation);
    this.count(1);
    return this.submit(operation, work).finally(() => {
      this.count(-1);
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
    const operation = new Operation('commit', null);
    return this.submit(operation, async (before) => {
      checkGenerate(this.context.turn);
      const generation = new Generation(request.genId, this.head, before);
      emit({ t: 'start', genId: request.genId, base: generation.base });
      const cached = this.context.computed;
      const reason = await this.runner.answer(operation, {
        maxTokens: request.maxTokens,
        sampler: makeSampler(request.temperature, request.seed),
        stopped: () => stop.stopped,
        onToken: (id, text) => {
          generation.tokens.push(id);
          emit({ t: 'token', id, text, tMs: this.host.nowMs() - calledAt });
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
      await this.runner.keepAnswer(
        generation.before.tokens,
        generation.tokens.slice(0, o.keepTokens),
        operation,
      );
      this.generation = null;
      return this.journal.record(o.seq, this.context.save());
    };
    return this.submit(operation, work, 'keepGeneration');
  }

  evict(
    o: Numbered & { keepFrames: number; targetTokens: number },
  ): Promise<{ at: Checkpoint; freed: number }> {
    this.settle();
    return this.submit(new Operation('commit', o.seq), () => {
      const freed = this.context.evict(o.keepFrames, o.targetTokens);
      return Promise.resolve({ at: this.journal.startEpoch(o.seq, this.context.save()), freed });
    });
  }

  /** Cancels what is under way, and resolves when it has ended. */
  close(): Promise<void> {
    this.settle();
    this.queue.cancelAll(new VisavisError('session_closed', 'the session was closed'));
    return this.queue.idle();
  }

  /** Resolves when what was asked for so far has ended. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  private async appendNow(
    operation: Operation,
    o: Numbered & { segment: Segment },
    calledAt: number,
  ): Promise<AppendReceipt> {
    const queue = this.host.nowMs() - calledAt;
    const { segment } = o;
    const key = segment.k === 'turn' ? `turn ${segment.edge} ${segment.id}` : `${segment.k} ${segment.id}`;
    const seen = this.journal.seen(key);
    if (seen !== undefined) {
      const at = this.journal.record(o.seq, this.context.save());
      return { at, tokens: seen, ms: { queue, encode: 0, prefill: 0 } };
    }
    const before = this.context.tokens;
    const times = await this.runner.take(segment, operation);
    operation.throwIfCancelled();
    const tokens = this.context.tokens - before;
    const at = this.journal.recordSegment(o.seq, this.context.save(), key, tokens);
    return { at, tokens, ms: { queue, ...times } };
  }

  private submit<T>(
    operation: Operation,
    work: (before: ContextState) => Promise<T>,
    generation: 'discardGeneration' | 'keepGeneration' = 'discardGeneration',
  ): Promise<T> {
    return this.queue.run(operation, async () => {
      let before = this.context.save();
      try {
        operation.throwIfCancelled();
        if (generation === 'discardGeneration') before = this.discard(before);
        return await work(before);
      } catch (error) {
        this.context.restore(before);
        // Without an answer that waits to be accepted: no checkpoint lies inside of one.
        if (operation.seq !== null) this.journal.record(operation.seq, this.generation?.before ?? before);
        throw error;
      }
    });
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

  private admit(operation: Operation): void {
    if (this.unsettled) {
      operation.cancel(new VisavisError('shed', 'an answer is being made or waits to be accepted'));
    } else if (
      mustShed({ session: this.background, worker: this.host.backlog.waiting }, this.host.shedLimits)
    ) {
      operation.cancel(new VisavisError('shed', 'too many frames wait for the model'));
    }
  }

  private count(change: 1 | -1): void {
    this.background += change;
    this.host.backlog.waiting += change;
  }
}
