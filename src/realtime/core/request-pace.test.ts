import type { VisavisError } from '#modules/contracts';
import { COSTS, RequestPace } from './request-pace.js';

/** How many of so many requests at once are let through, and what the others are told. */
function atOnce(pace: RequestPace, cost: number, nowMs: number) {
  let taken = 0;
  let refusal: VisavisError | null = null;
  for (let count = 0; count < 1000; count++) {
    try {
      pace.spend(cost, nowMs);
      taken += 1;
    } catch (error) {
      refusal ??= error as VisavisError;
    }
  }
  return { taken, refusal };
}

describe('RequestPace', () => {
  test('takes a burst of candidates, then some each second, and says when to come again', () => {
    const pace = new RequestPace();
    const { taken, refusal } = atOnce(pace, COSTS.candidates, 0);
    expect(taken).toBe(200);
    expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', retryAfterS: 1 });
    expect(atOnce(pace, COSTS.candidates, 1000).taken).toBe(20);
    expect(atOnce(pace, COSTS.candidates, 1_000_000).taken).toBe(200);
  });

  test('counts what costs more for more', () => {
    expect(atOnce(new RequestPace(), COSTS.renegotiation, 0).taken).toBe(20);
    expect(atOnce(new RequestPace(), COSTS.connection, 0).taken).toBe(10);
  });
});
