import { BackOff } from './back-off.js';

describe('BackOff', () => {
  it('starts the first again at once, and waits ever longer, up to a bound', () => {
    const backOff = new BackOff();
    const waits = Array.from({ length: 10 }, () => backOff.next(0));
    expect(waits.slice(0, 5)).toEqual([0, 500, 1000, 2000, 4000]);
    expect(Math.max(...waits)).toBe(30_000);
  });

  it('forgives who was up for long', () => {
    const backOff = new BackOff();
    for (let n = 0; n < 5; n += 1) backOff.next(0);
    expect(backOff.next(59_999)).toBeGreaterThan(0);
    expect(backOff.next(60_000)).toBe(0);
  });
});
