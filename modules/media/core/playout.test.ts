import { Playout } from './playout.js';

const PACKET = new Float32Array(320).map((_, n) => Math.sin((n * Math.PI) / 20));

describe('Playout', () => {
  test('begins when the first packet comes, and goes on without a gap', () => {
    const playout = new Playout();
    playout.arrived(1000.01);
    expect(playout.append(PACKET).ptsMs).toBe(1000);
    playout.arrived(1055);
    expect(playout.append(PACKET).ptsMs).toBe(1020);
    expect(playout.endMs).toBe(1040);
    expect(playout.dueAtMs).toBeCloseTo(1040, 0);
  });

  test.each([
    ['ahead of the arrival clock', -500],
    ['behind it', 500],
  ])('%s, it is led back by stretching what is heard a little', (_name, offMs) => {
    const playout = new Playout();
    playout.arrived(1000);
    playout.append(PACKET);
    let now = 1020 + offMs;
    // Proven at once where nothing can come too early, else after the silence that such a gap is.
    for (let n = 0; n < 3000; n += 1) {
      playout.arrived((now += 20));
      const { pcm } = playout.append(PACKET);
      expect(Math.abs(pcm.length - 320)).toBeLessThanOrEqual(6);
    }
    expect(Math.abs(playout.endMs - now - 20)).toBeLessThan(60);
  });

  test('stretched, it is the same sound', () => {
    const playout = new Playout();
    playout.arrived(1000);
    playout.append(PACKET);
    playout.arrived(600);
    const { pcm } = playout.append(PACKET);
    expect(pcm.length).toBe(314);
    expect(pcm[0]).toBe(PACKET[0]);
    expect(pcm.at(-1)).toBe(PACKET.at(-1));
    expect(Math.max(...pcm)).toBeGreaterThan(0.98);
  });

  test('silence that is left out brings it nearer to the arrival clock', () => {
    const playout = new Playout();
    playout.arrived(1000);
    playout.append(PACKET);
    playout.arrived(920);
    expect(playout.behindMs).toBe(-100);
    playout.caughtUp(-100);
    expect(playout.behindMs).toBe(0);
  });

  test('where nobody speaks, it is led back within a second or two', () => {
    const playout = new Playout();
    playout.arrived(1300);
    playout.append(PACKET);
    for (let now = 1020; now < 3000; now += 20) {
      playout.arrived(now);
      playout.append(PACKET, true);
    }
    expect(Math.abs(playout.endMs - 3000)).toBeLessThan(30);
  });
});
