import type { CallError } from '../errors.js';

/**
 * A way back to the gateway, by what becomes of the conversation. `restart`: ICE anew for the connection that there is, and
 * nothing is lost; `dial`: another call, which knows nothing of the first.
 */
export type Way = 'restart' | 'dial';

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
}

export const DEFAULT_RECOVERY: RecoveryOptions = { forMs: 60_000, firstMs: 500, maxMs: 8000 };

/** With these the gateway says that it has no such call: only another one helps. */
const GONE: ReadonlySet<string> = new Set([
  'not_found',
  'session_closed',
  'session_expired',
  'precondition_failed',
]);
/** Restarts that the gateway took and that came to nothing, after which the connection is given up. */
const MAX_FRUITLESS = 3;
const JITTER = 0.2;

/** Which way back is tried when. Pure: time and randomness are arguments. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #sinceMs: number;
  #way: Way;
  #tried = 0;
  #fruitless = 0;
  #waitMs = 0;
  #hopeless = false;

  /** @param alive the connection is there, and nothing comes through; false: it is closed */
  constructor(options: RecoveryOptions, nowMs: number, alive: boolean) {
    this.#options = options;
    this.#sinceMs = nowMs;
    this.#way = alive ? 'restart' : 'dial';
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
    this.#way = 'dial';
  }

  /** The last attempt came to nothing. */
  handleFailed(error: CallError): void {
    this.#waitMs = error.retryAfterMs ?? 0;
    if (GONE.has(error.code) && this.#way === 'restart') {
      this.#way = 'dial';
      // It is no fault of the network: nothing speaks for waiting.
      this.#tried = 0;
    } else if (error.code === 'connect_timeout' && this.#way === 'restart') {
      this.#fruitless += 1;
      if (this.#fruitless >= MAX_FRUITLESS) this.#way = 'dial';
    } else if (!error.retryable) this.#hopeless = true;
  }
}
