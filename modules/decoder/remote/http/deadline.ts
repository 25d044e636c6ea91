import type { Guard } from '#modules/contracts';
import type { RemoteClock } from '../options.js';
import { Failure } from './failure.js';

/** The signal of a request: by whoever asked, or because it takes too long. */
export class Deadline {
  readonly signal: AbortSignal;
  private readonly asked: AbortSignal;
  private readonly late = new AbortController();
  private readonly by: { readonly clock: RemoteClock; readonly guard: Guard };
  private why = '';
  private cancel = (): void => undefined;

  /** @param ms until it is late */
  constructor(asked: AbortSignal, ms: number, by: { clock: RemoteClock; guard: Guard }) {
    this.asked = asked;
    this.by = by;
    this.signal = AbortSignal.any([asked, this.late.signal]);
    this.restart(ms);
  }

  restart(ms: number): void {
    this.pause();
    const onLate = () => this.expire(`the inference server did not go on for ${ms} ms`);
    this.cancel = this.by.clock.after(ms, this.by.guard.wrap('engine.deadline', onLate));
  }

  pause(): void {
    this.cancel();
    this.cancel = () => undefined;
  }

  expire(why: string): void {
    this.why = why;
    this.late.abort();
  }

  end(): void {
    this.pause();
  }

  /** What a request's error was. */
  failure(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (this.asked.aborted) return new Failure('aborted', 'the request was aborted');
    if (this.late.signal.aborted) return new Failure('overdue', this.why);
    return new Failure('unreachable', 'the inference server cannot be reached', { cause: error });
  }
}
