import { ReceptionStats } from './receiver-report.js';

describe('ReceptionStats', () => {
  test('nothing to report before the first packet', () => {
    expect(new ReceptionStats(7, 48_000).report(0)).toBeNull();
  });

  test('counts losses since the last report, and in all, over the wrap', () => {
    const stats = new ReceptionStats(7, 48_000);
    for (let n = 0; n < 10; n += 1) {
      if (n !== 4 && n !== 5) stats.onPacket((65_530 + n) & 0xffff, n * 960, n * 20);
    }
    expect(stats.report(200)).toMatchObject({
      ssrc: 7,
      fractionLost: 51,
      packetsLost: 2,
      highestSequence: 65_539,
    });
    stats.onPacket(4, 9600, 200);
    expect(stats.report(400)).toMatchObject({ fractionLost: 0, packetsLost: 2 });
  });

  test('an even stream has no jitter, an uneven one has', () => {
    const even = new ReceptionStats(7, 48_000);
    const uneven = new ReceptionStats(7, 48_000);
    for (let n = 0; n < 100; n += 1) {
      even.onPacket(n, n * 960, n * 20);
      uneven.onPacket(n, n * 960, n * 20 + (n % 2) * 10);
    }
    expect(even.report(0)?.jitter).toBe(0);
    expect(uneven.report(0)?.jitter).toBeGreaterThan(400);
  });

  test('echoes the last sender report and its age', () => {
    const stats = new ReceptionStats(7, 48_000);
    stats.onPacket(1, 0, 0);
    stats.onSenderReport(0x1234_5678, 1000);
    expect(stats.report(1500)).toMatchObject({ lastSr: 0x1234_5678, delaySinceLastSr: 32_768 });
  });
});
