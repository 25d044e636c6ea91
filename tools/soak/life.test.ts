import { LEAVINGS, lifeOf, shortLife, type Life } from './life.js';

const lives = (seed: number, count: number): Life[] =>
  Array.from({ length: count }, (_, n) => lifeOf(seed, n));

describe('lifeOf', () => {
  it('is the same for a seed and a number, and another for others', () => {
    expect(lifeOf(3, 7)).toEqual(lifeOf(3, 7));
    expect(lifeOf(3, 7).moment).not.toBe(lifeOf(3, 8).moment);
    expect(lifeOf(3, 7).moment).not.toBe(lifeOf(4, 7).moment);
  });

  it('lasts 5 to 120 s, and some 20 s on the average: five callers at once make twelve calls a minute', () => {
    const durations = lives(1, 2000).map(({ durationMs }) => durationMs);
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(5000);
    expect(Math.max(...durations)).toBeLessThanOrEqual(120_000);
    expect(Math.max(...durations)).toBeGreaterThan(100_000);
    const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
    expect(mean).toBeGreaterThan(18_000);
    expect(mean).toBeLessThan(24_000);
  });

  it('leaves in every way and does everything there is to do, within what half an hour brings', () => {
    const all = lives(2, 350);
    expect(new Set(all.map(({ leaving }) => leaving))).toEqual(new Set(LEAVINGS));
    expect(new Set(all.flatMap(({ acts }) => acts.map(({ k }) => k))).size).toBe(8);
    expect(new Set(all.map(({ camera }) => camera)).size).toBe(2);
  });

  it('leaves in the ways that it is given, and lives the same for it', () => {
    const some = Array.from({ length: 50 }, (_, n) => lifeOf(2, n, ['hangup', 'killed']));
    expect(new Set(some.map(({ leaving }) => leaving))).toEqual(new Set(['hangup', 'killed']));
    expect(some[0]?.durationMs).toBe(lifeOf(2, 0).durationMs);
  });

  it('has enough to do for its time, asks first, and shows one picture at most, beside no camera', () => {
    for (const { acts, camera, durationMs } of lives(3, 300)) {
      expect(acts.length).toBeGreaterThanOrEqual(durationMs / 1000);
      expect(acts[0]?.k).toBe('spoken');
      expect(acts.filter(({ k }) => k === 'picture').length).toBeLessThanOrEqual(camera ? 0 : 1);
    }
  });

  it('pauses about where gateways have been deaf: 1 to 2 s with a clock that stands', () => {
    const pauses = lives(4, 300).flatMap(({ acts }) =>
      acts.flatMap((a) => (a.k === 'replace' ? [a.forMs] : [])),
    );
    expect(pauses.filter((ms) => ms > 1000 && ms < 2000).length).toBeGreaterThan(pauses.length / 3);
  });
});

describe('shortLife', () => {
  it('takes all ways of leaving in turn', () => {
    const ways = LEAVINGS.map((_, n) => shortLife(1, n).leaving);
    expect(ways).toEqual([...LEAVINGS]);
    expect(shortLife(1, LEAVINGS.length).leaving).toBe(LEAVINGS[0]);
  });

  it('does next to nothing before', () => {
    for (let n = 0; n < 50; n += 1) {
      const life = shortLife(1, n);
      expect(life.acts.length).toBeLessThanOrEqual(1);
    }
  });
});
