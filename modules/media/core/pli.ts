/** Waits between requests that are not answered (ms): a lost PLI is repaired fast, a sender that ignores them is not flooded. */
const RETRY_MS = [250, 500, 1000] as const;

/**
 * Paces key frame requests (picture loss indications): one each sample interval, counted from request to request so that
 * the mean rate is exact, and none where the sender makes key frames often enough by itself: each costs it 10 to 35 kB.
 */
export class PliPacer {
  readonly #intervalMs: number;
  #nextMs = -Infinity;
  /** When the request under way was first sent. */
  #askedAtMs: number | null = null;
  #retries = 0;
  #lastKeyMs = -Infinity;
  #unasked = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Something cannot be decoded without a key frame: ask now, unless a request is under way. */
  urge(nowMs: number): void {
    if (this.#askedAtMs === null) this.#nextMs = Math.min(this.#nextMs, nowMs);
  }

  /** True where a request is to be sent now; it then counts as sent. */
  due(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#askedAtMs ??= nowMs;
    this.#nextMs = nowMs + (RETRY_MS[this.#retries] ?? 1000);
    this.#retries += 1;
    return true;
  }

  /** A whole key frame came. */
  onKeyFrame(nowMs: number): void {
    const asked = this.#askedAtMs;
    const soon = nowMs - this.#lastKeyMs < 1.5 * this.#intervalMs;
    this.#unasked = asked === null && soon ? this.#unasked + 1 : 0;
    // A sender with key frames of its own gets half an interval of grace, or each request would come just before one.
    if (this.#unasked >= 2) this.#nextMs = nowMs + 1.5 * this.#intervalMs;
    else this.#nextMs = Math.max((asked ?? nowMs) + this.#intervalMs, nowMs + this.#intervalMs / 2);
    this.#lastKeyMs = nowMs;
    this.#askedAtMs = null;
    this.#retries = 0;
  }
}
