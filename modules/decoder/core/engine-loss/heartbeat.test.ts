import { Heartbeat } from './heartbeat.js';

describe('Heartbeat', () => {
  it('asks, waits, and tells a worker that stays silent', () => {
    const beat = new Heartbeat(1000, 0);
    expect(beat.periodMs).toBe(250);
    expect([250, 500, 750, 1000, 1249].map((atMs) => beat.check(atMs))).toEqual([
      'ask',
      'wait',
      'wait',
      'wait',
      'wait',
    ]);
    expect(beat.check(1250)).toBe('stuck');
  });

  it('takes anything that is said for a sign of life', () => {
    const beat = new Heartbeat(1000, 0);
    for (let atMs = 250; atMs < 5000; atMs += 250) {
      expect(beat.check(atMs)).not.toBe('stuck');
      if (atMs % 1000 === 750) beat.heard();
    }
  });

  it('does not count the time in which nobody listened', () => {
    const beat = new Heartbeat(1000, 0);
    beat.check(250);
    expect(beat.check(60_000)).toBe('wait');
    expect(beat.check(60_250)).toBe('wait');
    expect(beat.check(60_500)).toBe('stuck');
  });
});
