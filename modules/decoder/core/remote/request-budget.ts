const MINUTE_MS = 60_000;

/** Requests that may be made: what was spent comes back evenly, all of it within a minute. */
export class RequestBudget {
  private readonly perMinute: number;
  private spent = 0;
  private atMs = 0;

  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** @returns false: there is none left */
  take(atMs: number): boolean {
    const backed = (Math.max(0, atMs - this.atMs) * this.perMinute) / MINUTE_MS;
    this.spent = Math.max(0, this.spent - backed);
    this.atMs = Math.max(this.atMs, atMs);
    if (this.spent + 1 > this.perMinute) return false;
    this.spent += 1;
    return true;
  }
}
