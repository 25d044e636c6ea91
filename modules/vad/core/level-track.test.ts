import { LevelTrack } from './level-track.js';

/** Hops of 4 ms at these levels, from `fromMs` on. */
function hops(track: LevelTrack, levels: number[], fromMs = 0): void {
  track.push(
    Float32Array.from({ length: levels.length * 64 }, (_, i) => levels[Math.floor(i / 64)]! * (-1) ** i),
    fromMs,
  );
}

describe('LevelTrack', () => {
  let track: LevelTrack;
  beforeEach(() => (track = new LevelTrack()));

  it('knows the loudest peak of a span', () => {
    hops(track, [0.1, 0.5, 0.25, 0.125]);
    expect(track.peak(0, 16)).toBe(0.5);
    expect(track.peak(8, 16)).toBe(0.25);
    expect(track.peak(16, 100)).toBe(0);
  });

  it('knows where a sound ended', () => {
    hops(track, [0.5, 0.5, 0.5, 0, 0]);
    expect(track.lastAbove(0.1, 0, 20)).toBe(12);
    expect(track.lastAbove(0.6, 0, 20)).toBeNull();
    expect(track.lastAbove(0.1, 0, 8)).toBe(8);
    expect(track.lastAbove(0.1, 12, 20)).toBeNull();
  });

  it('does not take a single peak for a sound', () => {
    hops(track, [0.5, 0.5, 0, 0.5, 0]);
    expect(track.lastAbove(0.1, 0, 20)).toBe(8);
  });

  it('keeps the times of the chunks, whole hops or not', () => {
    track.push(new Float32Array(96).fill(0.5), 100);
    track.push(new Float32Array(64), 107);
    expect(track.lastAbove(0.1, 0, 200)).toBe(106);
  });

  it('forgets what is older than sixteen seconds', () => {
    hops(track, [0.5, 0.5]);
    for (let s = 0; s < 16; s++) hops(track, Array<number>(250).fill(0), 8 + s * 1000);
    expect(track.peak(0, 8)).toBe(0.5);
    hops(track, Array<number>(96).fill(0), 16_008);
    expect(track.peak(0, 8)).toBe(0);
  });
});
