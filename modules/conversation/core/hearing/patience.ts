import type { Session } from '../session.js';

/** How long a silence ends the turn, by what the model thinks of it: tells the detector when that changes. */
export class Patience {
  readonly #session: Session;
  /** What the detector was told, where that is not what the session's rule begins with (ms). */
  #silenceMs: number | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @param turnEnd the model's probability that the turn is over here; null: nothing is known, or speech goes on */
  adapt(turnEnd: number | null): void {
    const { policy, out } = this.#session;
    if (!policy) return;
    const usualMs = policy.detection.silenceDurationMs;
    const silenceMs = policy.silenceMs(turnEnd);
    if (silenceMs === (this.#silenceMs ?? usualMs)) return;
    this.#silenceMs = silenceMs === usualMs ? null : silenceMs;
    out.push({ c: 'detect', settings: { ...policy.detection, silenceDurationMs: silenceMs } });
  }

  /** The detector was told something else meanwhile. */
  reset(): void {
    this.#silenceMs = null;
  }
}
