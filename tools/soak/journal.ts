import { logEntry } from '../support/gateway-process.js';

/** How the gateway says that a call ended. */
export interface CallEnd {
  readonly reason: string;
  readonly atMs: number;
}

/** What the gateway's log tells of its calls. Times are the caller's. */
export class Journal {
  readonly #open = new Set<string>();
  readonly #ends = new Map<string, CallEnd>();
  readonly #waiting = new Map<string, () => void>();
  /** Lines of levels `warn` and above, by their message. */
  readonly complaints = new Map<string, number>();
  readonly reasons = new Map<string, number>();

  /** Calls that were opened and have not ended. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  handle(line: string, atMs: number): void {
    const entry = logEntry(line);
    if (!entry) return;
    const { msg, call, level } = entry;
    if (typeof level === 'number' && level >= WARN) count(this.complaints, String(msg));
    if (typeof call !== 'string') return;
    if (msg === 'call opened' && !this.#ends.has(call)) this.#open.add(call);
    if (msg === 'call closed') this.#ended(call, { reason: String(entry['reason']), atMs });
  }

  /** Waits for the end of a call. @returns null: it has not ended in time; one that never began is over from the start */
  async endOf(id: string, withinMs: number): Promise<CallEnd | null> {
    const known = this.#ends.get(id);
    if (known) return known;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#waiting.set(id, resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    return this.#ends.get(id) ?? (this.#open.has(id) ? null : NEVER_OPENED);
  }

  /** The process is gone, and with it every call; nobody waits any longer. */
  over(): void {
    this.#open.clear();
    for (const resolve of this.#waiting.values()) resolve();
  }

  #ended(id: string, end: CallEnd): void {
    this.#open.delete(id);
    if (this.#ends.has(id)) return;
    this.#ends.set(id, end);
    count(this.reasons, end.reason);
    this.#waiting.get(id)?.();
  }
}

/** A client that has an answer and is not heard of again, or hangs up at once, may be no call yet. */
export const NEVER_OPENED: CallEnd = { reason: 'never opened', atMs: 0 };

/** As pino numbers it. */
const WARN = 40;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
