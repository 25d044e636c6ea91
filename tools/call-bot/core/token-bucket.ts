/** So many at once, and so many a second on the long run. */
export class TokenBucket {
  #tokens: number;
  #atMs: number | null = null;

  /**
   * @param burst how many at once
   * @param perSecond how many come back
   */
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.#tokens = burst;
  }

  /** @returns false: not now */
  take(atMs: number): boolean {
    const sinceMs = atMs - (this.#atMs ?? atMs);
    this.#tokens = Math.min(this.burst, this.#tokens + (sinceMs * this.perSecond) / 1000);
    this.#atMs = atMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
