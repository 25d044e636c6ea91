import type { Session } from '../session.js';
import type { TurnPolicy } from '../turn-rules/policy.js';

/** How long a silence ends the turn, by what the model thinks of it: tells the detector when that changes. */
export class Patience {
  readonly #session: Session;
  /** What the detector was told, where that is not what the session's rule begins with (ms). */
  #silenceMs: number | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Speech goes on, or there is none. */
  reset(): void {
    this.#wait((policy) => policy.detection.silenceDurationMs);
  }

  /**
   * In a pause.
   * @param turnEnd the model's probability that the turn is over here; null: nothing is known
   * @param speechMs speech of the turn so far
   */
  adapt(turnEnd: number | null, speechMs: number): void {
    this.#wait((policy) => policy.silenceMs(turnEnd, speechMs));
  }

  #wait(silence: (policy: TurnPolicy) => number): void {
    const { policy, out } = this.#session;
    if (!policy) return;
    const usualMs = policy.detection.silenceDurationMs;
    const silenceMs = silence(policy);
    if (silenceMs === (this.#silenceMs ?? usualMs)) return;
    this.#silenceMs = silenceMs === usualMs ? null : silenceMs;
    out.push({ c: 'detect', settings: { ...policy.detection, silenceDurationMs: silenceMs } });
  }

  /** The detector was told something else meanwhile. */
  forget(): void {
    this.#silenceMs = null;
  }
}
