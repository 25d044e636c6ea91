import { StreamClock } from './lateness.js';

const PACKET = 960;

describe('StreamClock', () => {
  it('tells how late packets are against the earliest', () => {
    const clock = new StreamClock();
    const sentAt = [100, 121, 140, 175, 180];
    expect(sentAt.map((ms, n) => clock.sent(5000 + n * PACKET, ms))).toEqual([0, 1, 0, 15, 0]);
  });

  it('lets packets that were not sent pass: time goes on', () => {
    const clock = new StreamClock();
    expect([clock.sent(0, 0), clock.sent(50 * PACKET, 1003)]).toEqual([0, 3]);
  });

  it('goes on where timestamps begin anew', () => {
    const clock = new StreamClock();
    expect([clock.sent(2 ** 32 - PACKET, 0), clock.sent(0, 22)]).toEqual([0, 2]);
  });
});
