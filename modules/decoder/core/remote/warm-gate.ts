/** What a server told of a request's prompt. `cached` null: it does not tell. */
export interface PromptUse {
  readonly prompt: number;
  readonly cached: number | null;
}

/** Requests by whose hits it is decided. */
const WINDOW = 6;
/** Below this share of what could have been found again, warming does not pay. */
const LEAST_SHARE = 0.5;
/**
 * Caches know whole blocks: 16 tokens at vLLM on a GPU, 128 on a CPU. Of a short prompt that may be nothing, and the rest of the last block is never found.
 */
const BLOCK = 128;
/** Then it is tried again after this long (ms): a cache that was too full may not be so for ever. */
const REST_MS = 600_000;

/**
 * Decides whether sending frames ahead is worth it, by what a server finds again of it. Of each request that repeats and
 * extends the one before it, what that one had is to be found; where less than half of it is, over some requests, warming rests.
 */
export class WarmGate {
  private readonly shares: number[] = [];
  private restingUntilMs: number | null = null;

  /** null: the server has told nothing yet, or does not tell. */
  get helps(): boolean | null {
    if (this.restingUntilMs !== null) return false;
    return this.shares.length < WINDOW ? null : true;
  }

  isOpen(nowMs: number): boolean {
    if (this.restingUntilMs !== null && nowMs >= this.restingUntilMs) this.restingUntilMs = null;
    return this.restingUntilMs === null;
  }

  /**
   * @param findable tokens of the request before it, which this one begins with
   * @returns true: from now on warming rests
   */
  note({ prompt, cached }: PromptUse, findable: number, nowMs: number): boolean {
    const owed = Math.min(findable, prompt) - BLOCK;
    if (cached === null || owed <= 0 || this.restingUntilMs !== null) return false;
    this.shares.push(Math.min(1, cached / owed));
    if (this.shares.length > WINDOW) this.shares.shift();
    const mean = this.shares.reduce((sum, share) => sum + share, 0) / this.shares.length;
    if (this.shares.length < WINDOW || mean >= LEAST_SHARE) return false;
    this.shares.length = 0;
    this.restingUntilMs = nowMs + REST_MS;
    return true;
  }
}
