import {
  VisavisError,
  type Guard,
  type AppendReceipt,
  type AsideOptions,
  type Checkpoint,
  type EngineSession,
  type EvictOptions,
  type GenerateOptions,
  type Segment,
} from '#modules/contracts';
import type { AppendPriority, Command } from './core/commands.js';
import type { Failure, MachineInput } from './core/inputs.js';

export interface ExecutorHandlers {
  /** The result of a command, or its failure. */
  onResult(input: MachineInput): void;
  /** An error that is no `VisavisError`; it is also reported as a failure. */
  onBug(error: unknown): void;
  /** Nobody waits for what is queued. */
  readonly guard: Guard;
}

/**
 * Performs a machine's engine commands in order. Appends are handed to the engine one after the other without waiting
 * for their results, for the engine has its own queue and policy; what changes the context otherwise waits for them.
 */
export class EngineExecutor {
  readonly #engine: EngineSession;
  readonly #handlers: ExecutorHandlers;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #aborts = new Map<string, AbortController>();
  #tail: Promise<void> = Promise.resolve();
  /** In the order in which they were made. */
  readonly #marks = new Map<string, Checkpoint>();
  /** What the engine calls the answers in its context, by response. */
  readonly #genIds = new Map<string, string>();
  /** The last generation that began. */
  #generation: { responseId: string; genId: string } | null = null;

  constructor(engine: EngineSession, handlers: ExecutorHandlers) {
    this.#engine = engine;
    this.#handlers = handlers;
  }

  append(ref: string, segment: Segment, priority: AppendPriority): void {
    this.#then(() => {
      const done: Promise<void> = this.#append(ref, segment, priority).finally(() =>
        this.#inFlight.delete(done),
      );
      this.#inFlight.add(done);
    });
  }

  mark(key: string): void {
    this.#alone('mark', () => {
      this.#marks.set(key, this.#engine.mark());
    });
  }

  rollback(key: string): void {
    this.#alone('rollback', async () => {
      const at = this.#marks.get(key);
      if (!at) throw new VisavisError('stale_checkpoint', `there is no mark ${key}`);
      // It and those made after it are behind us.
      const keys = [...this.#marks.keys()];
      for (const later of keys.slice(keys.indexOf(key))) this.#marks.delete(later);
      await this.#engine.rollback(at);
      this.#handlers.onResult({ t: 'context_moved', by: 'rollback', at: this.#engine.head });
    });
  }

  generate({ responseId, maxTokens, speculative, ...asked }: Command & { c: 'generate' }): void {
    const { tools, toolChoice } = asked;
    const use = { ...(tools && { tools }), ...(toolChoice && { toolChoice }) };
    const abort = new AbortController();
    this.#aborts.set(responseId, abort);
    this.#enqueue(async () => {
      try {
        if (!abort.signal.aborted) {
          const signal = abort.signal;
          await this.#generate(responseId, { maxTokens, speculative, signal, ...use });
        }
      } catch (error) {
        this.#handlers.onResult({ t: 'generation_failed', responseId, failure: this.#failureOf(error) });
      } finally {
        this.#aborts.delete(responseId);
      }
    });
  }

  /** At once, also before the generation has begun. */
  abort(responseId: string): void {
    this.#aborts.get(responseId)?.abort();
  }

  accept(responseId: string, keepTokens?: number): void {
    this.#alone('accept', async () => {
      if (this.#generation?.responseId !== responseId) {
        throw new VisavisError('engine_failed', `the engine has no answer for ${responseId}`);
      }
      const { genId } = this.#generation;
      this.#marks.clear();
      const at = await this.#engine.accept(
        genId,
        keepTokens === undefined ? {} : { keepTokens, keepCalls: 0 },
      );
      this.#genIds.set(responseId, genId);
      this.#handlers.onResult({ t: 'context_moved', by: 'accept', at });
    });
  }

  /** Answers beside the context, once what was called before is done; nothing waits for it. */
  aside(command: Command & { c: 'aside' }): void {
    const { c: _, responseId, ...options } = command;
    const abort = new AbortController();
    this.#aborts.set(responseId, abort);
    this.#enqueue(() => {
      this.#handlers.guard.watch('conversation.aside', this.#aside(responseId, options, abort.signal));
      return Promise.resolve();
    });
  }

  cut(responseId: string, keepTokens: number): void {
    this.#alone('cut', async () => {
      this.#marks.clear();
      const { freed } = await this.#engine.cut(this.#genIds.get(responseId) ?? responseId, { keepTokens });
      this.#handlers.onResult({ t: 'cut', freed });
    });
  }

  evict(o: EvictOptions): void {
    this.#alone('evict', async () => {
      this.#marks.clear();
      const { freed, dropped } = await this.#engine.evict(o);
      this.#handlers.onResult({ t: 'evicted', freed, dropped: dropped.map((id) => this.#forget(id)) });
    });
  }

  redact(ids: readonly string[]): void {
    this.#alone('redact', async () => {
      this.#marks.clear();
      const { freed, dropped } = await this.#engine.redact(ids.map((id) => this.#genIds.get(id) ?? id));
      for (const id of dropped) this.#forget(id);
      this.#handlers.onResult({ t: 'redacted', freed });
    });
  }

  /** Aborts what generates and closes the engine session, ahead of what is queued. */
  async close(): Promise<void> {
    for (const abort of this.#aborts.values()) abort.abort();
    await this.#engine.close();
  }

  async #append(ref: string, segment: Segment, priority: AppendPriority): Promise<void> {
    let receipt: AppendReceipt;
    try {
      receipt = await this.#engine.append(segment, { priority });
    } catch (error) {
      this.#handlers.onResult({ t: 'append_failed', ref, failure: this.#failureOf(error) });
      return;
    }
    this.#handlers.onResult({ t: 'appended', ref, receipt });
  }

  async #aside(
    responseId: string,
    options: Omit<AsideOptions, 'signal'>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (signal.aborted) return;
      for await (const event of this.#engine.aside({ ...options, signal })) {
        this.#handlers.onResult({ t: 'generation', responseId, event });
      }
    } catch (error) {
      this.#handlers.onResult({ t: 'generation_failed', responseId, failure: this.#failureOf(error) });
    } finally {
      this.#aborts.delete(responseId);
    }
  }

  async #generate(responseId: string, options: GenerateOptions): Promise<void> {
    for await (const event of this.#engine.generate(options)) {
      if (event.t === 'start') this.#generation = { responseId, genId: event.genId };
      this.#handlers.onResult({ t: 'generation', responseId, event });
    }
  }

  #alone(
    command: 'mark' | 'rollback' | 'accept' | 'evict' | 'redact' | 'cut',
    work: () => void | Promise<void>,
  ): void {
    this.#enqueue(async () => {
      try {
        await work();
      } catch (error) {
        this.#handlers.onResult({ t: 'command_failed', command, failure: this.#failureOf(error) });
      }
    });
  }

  /** Runs when everything before it has ended. */
  #enqueue(work: () => Promise<void>): void {
    this.#then(async () => {
      await Promise.all(this.#inFlight);
      await work();
    });
  }

  #then(next: () => void | Promise<void>): void {
    this.#tail = this.#tail.then(next);
    this.#handlers.guard.watch('conversation.queue', this.#tail);
  }

  /** Something left the context. @returns the machine's name for it */
  #forget(id: string): string {
    for (const [responseId, genId] of this.#genIds) {
      if (genId !== id) continue;
      this.#genIds.delete(responseId);
      return responseId;
    }
    return id;
  }

  #failureOf(error: unknown): Failure {
    if (error instanceof VisavisError) return { code: error.code, message: error.message };
    this.#handlers.onBug(error);
    return { code: 'engine_failed', message: 'the engine failed' };
  }
}
