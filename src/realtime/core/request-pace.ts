import { VisavisError } from '#modules/contracts';

/** What requests about an open call cost: of candidates, of ICE anew or another offer, of another peer connection. */
export const COSTS = { candidates: 1, renegotiation: 10, connection: 20 } as const;

/** A client that trickles sends a request for each of its candidates, at once. */
const MOST_AT_ONCE = 200;
const REFILL_PER_S = 20;

/** How fast requests about one call may come. Times are ms on one clock. */
export class RequestPace {
  #left = MOST_AT_ONCE;
  #atMs: number | null = null;

  /** @throws VisavisError `rate_limit_exceeded`, with the seconds after which it is worth to try again */
  spend(cost: number, nowMs: number): void {
    const refill = ((nowMs - (this.#atMs ?? nowMs)) * REFILL_PER_S) / 1000;
    this.#left = Math.min(MOST_AT_ONCE, this.#left + refill);
    this.#atMs = nowMs;
    if (this.#left < cost) {
      const retryAfterS = Math.ceil((cost - this.#left) / REFILL_PER_S);
      const message = 'Requests about this call come too fast.';
      throw new VisavisError('rate_limit_exceeded', message, 'requests_per_second', { retryAfterS });
    }
    this.#left -= cost;
  }
}
