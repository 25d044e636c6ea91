import type { Guard } from '#modules/contracts';
import type { RemoteClock } from '../options.js';
import { Failure, codeOf } from './failure.js';

/** The settings that say how long a server is waited for. */
export type Patience =
  'VISAVIS_ENGINE_SILENCE_MS' | 'VISAVIS_ENGINE_IDLE_MS' | 'VISAVIS_ENGINE_FIRST_TOKEN_MS';

/** The signal of a request: by whoever asked, or because it takes too long. */
export class Deadline {
  readonly signal: AbortSignal;
  private readonly asked: AbortSignal;
  private readonly late = new AbortController();
  private readonly by: { readonly clock: RemoteClock; readonly guard: Guard };
  private why = '';
  private patience: Patience | null = null;
  private cancel = (): void => undefined;

  constructor(asked: AbortSignal, by: { clock: RemoteClock; guard: Guard }) {
    this.asked = asked;
    this.by = by;
    this.signal = AbortSignal.any([asked, this.late.signal]);
  }

  /** @param ms until it is late, from now on */
  within(ms: number): this {
    const lateAtMs = this.by.clock.nowMs() + ms;
    return this.until(() => lateAtMs);
  }

  /**
   * @param lateAtMs asked when it would be late: it may be later by then
   * @param patience asked, once it is late, by which setting it is; null: by none
   */
  until(lateAtMs: () => number, patience: () => Patience | null = () => null): this {
    this.pause();
    const { clock, guard } = this.by;
    const sinceMs = clock.nowMs();
    const onTime = guard.wrap('engine.deadline', () => {
      const restMs = lateAtMs() - clock.nowMs();
      if (restMs > 0) this.cancel = clock.after(restMs, onTime);
      else {
        this.patience = patience();
        this.expire(`the inference server did not go on for ${Math.round(clock.nowMs() - sinceMs)} ms`);
      }
    });
    this.cancel = clock.after(Math.max(0, lateAtMs() - sinceMs), onTime);
    return this;
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
    if (this.late.signal.aborted) return new Failure('overdue', this.why, { patience: this.patience });
    const code = codeOf(error);
    const why = code === null ? '' : ` (${code})`;
    return new Failure('unreachable', `the inference server cannot be reached${why}`, { cause: error });
  }
}
