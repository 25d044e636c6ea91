/**
 * Waits between requests that are not answered (ms): a lost request is repaired fast, a sender that ignores them is asked
 * ever more rarely. The last one goes on for ever; it is in step with no usual distance of key frames.
 */
const RETRY_MS = [250, 500, 1000, 2000, 4000, 7000] as const;
const LAST_RETRY_MS = 7000;
/** A key frame later than this after the first request for it came by itself. */
const PROMPT_MS = 600;
/** So many requests in a row show what kind of sender it is. */
const LATE_ANSWERS = 2;
const PROMPT_ANSWERS = 3;

/**
 * Paces key frame requests (picture loss indications): one each sample interval, counted from request to request so that
 * the mean rate is exact, and none where the sender makes key frames often enough by itself: each costs it 10 to 35 kB.
 * It also finds out who does not answer them (`ignored`).
 */
export class PliPacer {
  readonly #intervalMs: number;
  #nextMs = -Infinity;
  /** When the request under way was first sent. */
  #askedAtMs: number | null = null;
  #retries = 0;
  #lastKeyMs = -Infinity;
  #unasked = 0;
  #undecodable = 0;
  #ignored = false;
  /** Requests in a row that were answered late, or, by a sender that ignores them, promptly. */
  #late = 0;
  #prompt = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Something cannot be decoded without a key frame: ask now, unless a request is under way. */
  urge(nowMs: number): void {
    if (this.#askedAtMs === null && !this.#ignored) this.#nextMs = Math.min(this.#nextMs, nowMs);
  }

  /** A key frame that came was refused by the decoder: the next one is asked for ever more slowly, it may be refused as well. */
  onUndecodable(nowMs: number): void {
    const waitMs = this.#undecodable === 0 ? 0 : (RETRY_MS[this.#undecodable - 1] ?? LAST_RETRY_MS);
    this.#undecodable += 1;
    if (this.#askedAtMs === null && !this.#ignored) this.#nextMs = nowMs + waitMs;
  }

  onDecodable(): void {
    this.#undecodable = 0;
  }

  /** The sender does not answer requests: its key frames come when they come. */
  ignored(nowMs: number): boolean {
    const asked = this.#askedAtMs;
    const overdue = asked !== null && nowMs - asked >= Math.max(this.#intervalMs, 1000);
    if (overdue && !this.#ignored) {
      this.#ignored = true;
      this.#prompt = 0;
    }
    return this.#ignored;
  }

  /** When the next request is sent (ms), if nothing happens before. */
  get nextAtMs(): number {
    return this.#nextMs;
  }

  /** True where a request is to be sent now; it then counts as sent. */
  due(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    if (this.#ignored) return this.#probe(nowMs);
    this.#askedAtMs ??= nowMs;
    this.#nextMs = nowMs + (RETRY_MS[this.#retries] ?? LAST_RETRY_MS);
    this.#retries += 1;
    return true;
  }

  /** A whole key frame came. */
  onKeyFrame(nowMs: number): void {
    const asked = this.#askedAtMs;
    const soon = nowMs - this.#lastKeyMs < 1.5 * this.#intervalMs;
    this.#lastKeyMs = nowMs;
    this.#askedAtMs = null;
    if (this.#ignored) return this.#onAnswer(asked, nowMs);
    this.#unasked = asked === null && soon ? this.#unasked + 1 : 0;
    // A sender with key frames of its own gets half an interval of grace, or each request would come just before one.
    if (this.#unasked >= 2) this.#nextMs = nowMs + 1.5 * this.#intervalMs;
    else this.#nextMs = Math.max((asked ?? nowMs) + this.#intervalMs, nowMs + this.#intervalMs / 2);
    this.#retries = 0;
    if (asked === null) return;
    this.#late = nowMs - asked > PROMPT_MS ? this.#late + 1 : 0;
    if (this.#late < LATE_ANSWERS) return;
    this.#ignored = true;
    this.#prompt = 0;
    this.#retries = RETRY_MS.length;
    this.#nextMs = nowMs + LAST_RETRY_MS;
  }

  /** Of a sender that ignores requests: one each now and then, to see whether it still does. */
  #probe(nowMs: number): boolean {
    // The one before had no answer.
    if (this.#askedAtMs !== null) this.#prompt = 0;
    this.#askedAtMs = nowMs;
    this.#nextMs = nowMs + (RETRY_MS[this.#retries] ?? LAST_RETRY_MS);
    this.#retries += 1;
    return true;
  }

  #onAnswer(asked: number | null, nowMs: number): void {
    if (asked === null) return;
    this.#prompt = nowMs - asked <= PROMPT_MS ? this.#prompt + 1 : 0;
    if (this.#prompt < PROMPT_ANSWERS) return;
    this.#ignored = false;
    this.#late = 0;
    this.#retries = 0;
    this.#nextMs = nowMs + this.#intervalMs;
  }
}
