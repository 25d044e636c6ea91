import { mixed, noise, NOISE_KINDS } from './noises.js';
import { activeDb, atLevel, RATE, randomFrom, whiteNoise } from './signal.js';
import { sound, SOUND_KINDS } from './voiced.js';

const talk = [1, 2, 3].map((seed) => sound('sing', { seconds: 1, seed }));
const made = {
  ...Object.fromEntries(
    NOISE_KINDS.map((kind) => [kind, (seed: number) => noise(kind, { seconds: 2, seed, talk })]),
  ),
  ...Object.fromEntries(
    SOUND_KINDS.map((kind) => [kind, (seed: number) => sound(kind, { seconds: 2, seed })]),
  ),
};

/** Jest compares sample by sample, which takes it seconds. */
function same(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

describe.each(Object.entries(made))('%s', (_, make) => {
  it('is the same for the same seed, another for another, as long as asked, and at 0 dBFS where it sounds', () => {
    const once = make(7);
    expect(same(make(7), once)).toBe(true);
    expect(same(make(8), once)).toBe(false);
    expect(once).toHaveLength(2 * RATE);
    expect(once.every(Number.isFinite)).toBe(true);
    expect(activeDb(once)).toBeCloseTo(0, 1);
  });
});

describe('noise', () => {
  it('has no babble without anybody to talk', () => {
    expect(() => noise('babble', { seconds: 1, seed: 1, talk: [] })).toThrow(RangeError);
  });
});

describe('mixed', () => {
  it.each([20, 10, 0])('puts the noise %d dB below the speech', (snrDb) => {
    const speech = atLevel(whiteNoise(RATE, randomFrom(1)), -30);
    const under = noise('fan', { seconds: 1, seed: 2, talk });
    const both = mixed(speech, under, { speechDb: -30, snrDb });
    const alone = both.map((x, at) => x - (speech[at] ?? 0));
    expect(activeDb(alone)).toBeCloseTo(-30 - snrDb, 1);
  });

  it('is turned down where both together are more than a converter takes', () => {
    const loud = atLevel(whiteNoise(RATE, randomFrom(1)), -3);
    const both = mixed(loud, loud, { speechDb: -3, snrDb: 0 });
    expect(both.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBeLessThanOrEqual(0.98 + 1e-6);
  });
});
