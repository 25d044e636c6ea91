import { DelayFloor } from './delay-floor.js';

/** Packets each 20 ms from `fromMs` on, `delayMs` late. */
function packets(floor: DelayFloor, fromMs: number, forMs: number, delayMs: number): void {
  for (let at = fromMs; at < fromMs + forMs; at += 20) floor.observe(delayMs, at);
}

describe('DelayFloor', () => {
  test('is the least delay, and falls at once', () => {
    const floor = new DelayFloor();
    floor.observe(30, 0);
    floor.observe(50, 20);
    expect(floor.ms).toBe(30);
    floor.observe(-200, 40);
    expect(floor.ms).toBe(-200);
  });

  test('jitter and a stall do not raise it', () => {
    const floor = new DelayFloor();
    packets(floor, 0, 1000, 0);
    for (let n = 0; n < 40; n += 1) floor.observe(800 - n * 20, 1800);
    expect(floor.ms).toBe(0);
    packets(floor, 1820, 1000, 40);
    expect(floor.ms).toBe(0);
  });

  test('a sender whose clock stood still in a pause is known for it half a second later', () => {
    const floor = new DelayFloor();
    packets(floor, 0, 1000, 0);
    packets(floor, 2500, 400, 1500);
    expect(floor.ms).toBe(0);
    packets(floor, 2900, 200, 1500);
    expect(floor.ms).toBe(1500);
  });

  test('a network that becomes slower is believed after some seconds only', () => {
    const floor = new DelayFloor();
    packets(floor, 0, 1000, 0);
    packets(floor, 1000, 2000, 300);
    expect(floor.ms).toBe(0);
    packets(floor, 3000, 11_000, 300);
    expect(floor.ms).toBe(300);
  });

  test('moves with the times that packets stand for', () => {
    const floor = new DelayFloor();
    floor.observe(30, 0);
    floor.shift(-20);
    expect(floor.ms).toBe(10);
  });
});
