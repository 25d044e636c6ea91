/** How long a lag is remembered when nothing else comes (ms). */
const REMEMBERED_MS = 5000;

/**
 * How long what is asked of an engine waits: the age of the oldest that is under way, or what the newest that was done took. Times are
 * the gateway's clock.
 */
export class EngineLag {
  readonly #underWay = new Map<string, number>();
  #last: { readonly atMs: number; readonly tookMs: number } | null = null;

  asked(id: string, atMs: number): void {
    this.#underWay.set(id, atMs);
  }

  /** What is not known is passed over. */
  done(id: string, atMs: number): void {
    const askedAtMs = this.#underWay.get(id);
    if (askedAtMs === undefined) return;
    this.#underWay.delete(id);
    this.#last = { atMs, tookMs: atMs - askedAtMs };
  }

  /** It will not be done, which says nothing of how long it would have taken. */
  dropped(id: string): void {
    this.#underWay.delete(id);
  }

  /** Milliseconds; null: nothing has been asked lately. */
  at(nowMs: number): number | null {
    const [oldest] = this.#underWay.values();
    const tookMs = this.#last && nowMs - this.#last.atMs < REMEMBERED_MS ? this.#last.tookMs : null;
    if (oldest === undefined) return tookMs;
    return Math.max(nowMs - oldest, tookMs ?? 0);
  }
}
