import type { CallError } from '../errors.js';

/**
 * A way back to the gateway, by what becomes of the conversation. `restart`: ICE anew for the connection that there is, and
 * nothing is lost; `resume`: the same call over another connection, by which what was missed is told again; `dial`: another call,
 * which knows nothing of the first.
 */
export type Way = 'restart' | 'resume' | 'dial';

export interface Attempt {
  readonly way: Way;
  /** To be waited first (ms). */
  readonly afterMs: number;
  /** 1 for the first. */
  readonly number: number;
}

export interface RecoveryOptions {
  readonly forMs: number;
  readonly firstMs: number;
  readonly maxMs: number;
  /** The gateway is asked to keep the call, so that there is something to resume. */
  readonly resume: boolean;
}

/** A gateway knows within 30 s that a connection is lost, and keeps the call for a minute from then on. */
export const DEFAULT_RECOVERY: RecoveryOptions = { forMs: 90_000, firstMs: 500, maxMs: 8000, resume: true };

/** With these the gateway says that this way leads nowhere: only the next one helps. */
const GONE: ReadonlySet<string> = new Set([
  'not_found',
  'session_closed',
  'session_expired',
  'precondition_failed',
  'resume_not_found',
  'resume_expired',
  'draining',
]);
/** Restarts that the gateway took and that came to nothing, after which the connection is given up: where that costs the conversation, and where not. */
const MAX_FRUITLESS = { dial: 3, resume: 1 };
const JITTER = 0.2;

/** Which way back is tried when. Pure: time and randomness are arguments. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #sinceMs: number;
  /** In their order; the first is the one that is tried. */
  readonly #ways: Way[];
  #tried = 0;
  #fruitless = 0;
  #waitMs = 0;
  #hopeless = false;

  /** @param ways those that there are, by what they cost: `restart` where the connection is still there, `resume` where the gateway keeps the call */
  constructor(options: RecoveryOptions, nowMs: number, ways: readonly Exclude<Way, 'dial'>[]) {
    this.#options = options;
    this.#sinceMs = nowMs;
    this.#ways = [...ways, 'dial'];
  }

  /** @param random 0..1 @returns null: it is given up */
  next(nowMs: number, random: number): Attempt | null {
    const { forMs, firstMs, maxMs } = this.#options;
    const doubled = Math.min(maxMs, firstMs * 2 ** this.#tried) * (1 + JITTER * (2 * random - 1));
    const afterMs = Math.round(Math.max(doubled, this.#waitMs));
    if (this.#hopeless || nowMs + afterMs - this.#sinceMs > forMs) return null;
    this.#waitMs = 0;
    this.#tried += 1;
    return { way: this.#way, afterMs, number: this.#tried };
  }

  /** The connection that there was is closed. */
  handleClosed(): void {
    if (this.#way === 'restart') this.#ways.shift();
  }

  /** The last attempt came to nothing. */
  handleFailed(error: CallError): void {
    this.#waitMs = error.retryAfterMs ?? 0;
    const [, next] = this.#ways;
    if (GONE.has(error.code) && next) {
      this.#ways.shift();
      // It is no fault of the network: nothing speaks for waiting.
      this.#tried = 0;
    } else if (error.code === 'connect_timeout' && this.#way === 'restart') {
      this.#fruitless += 1;
      if (this.#fruitless >= MAX_FRUITLESS[next === 'resume' ? 'resume' : 'dial']) this.#ways.shift();
    } else if (!error.retryable) this.#hopeless = true;
  }

  get #way(): Way {
    return this.#ways[0] ?? 'dial';
  }
}
