const MINUTE_MS = 60_000;

/** Tokens that may be thrown away: what was spent comes back evenly, all of it within a minute. Times are ms. */
export class WasteBudget {
  readonly #perMinute: number;
  #spent = 0;
  #atMs = 0;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  spend(tokens: number, atMs: number): void {
    this.#recover(atMs);
    this.#spent += tokens;
  }

  exhausted(atMs: number): boolean {
    this.#recover(atMs);
    return this.#spent >= this.#perMinute;
  }

  #recover(atMs: number): void {
    const passedMs = Math.max(0, atMs - this.#atMs);
    this.#spent = Math.max(0, this.#spent - (passedMs * this.#perMinute) / MINUTE_MS);
    this.#atMs = Math.max(this.#atMs, atMs);
  }
}
