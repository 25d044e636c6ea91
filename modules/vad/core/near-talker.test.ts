import fc from 'fast-check';
import { NearTalker } from './near-talker.js';

const WINDOW_MS = 32;
const db = (level: number) => 10 ** (level / 20);

/** Hears windows of these levels (dB) one after the other. @returns whose they are */
function hear(talker: NearTalker, levels: readonly number[], fromMs = 0): boolean[] {
  return levels.map((level, i) => talker.hears(db(level), fromMs + (i + 1) * WINDOW_MS, WINDOW_MS));
}
/** Speech of so many windows: syllables of 160 ms, each with a soft end. */
const speech = (windows: number, level: number) =>
  Array.from({ length: windows }, (_, i) => level - (i % 5 === 4 ? 12 : (i % 5) * 1.5));

describe('NearTalker', () => {
  const talker = () => new NearTalker();

  it('takes whoever speaks first for the caller, however soft', () => {
    expect(hear(talker(), speech(30, -52)).every(Boolean)).toBe(true);
  });

  it.each([-20, -30, -50])('knows that a talker %i dB below the caller is another', (below) => {
    const near = talker();
    hear(near, speech(60, -15));
    // What is left of the caller's own last word counts as his for a moment.
    const theirs = hear(near, speech(200, -15 + below), 60 * WINDOW_MS).slice(12);
    expect(theirs.some(Boolean)).toBe(false);
  });

  it.each([-4, -8, -11])('still knows the caller who speaks %i dB softer', (below) => {
    const near = talker();
    hear(near, speech(60, -15));
    const softer = hear(near, speech(60, -15 + below), 60 * WINDOW_MS);
    expect(softer.filter(Boolean).length).toBeGreaterThan(50);
  });

  it('hears the soft last word of a sentence', () => {
    const near = talker();
    hear(near, speech(40, -15));
    expect(hear(near, speech(10, -25), 40 * WINDOW_MS).every(Boolean)).toBe(true);
  });

  it('takes him for the caller who begins in the quiet, though he is softer, and knows his usual level afterwards', () => {
    const near = talker();
    hear(near, speech(60, -15));
    const usualDb = near.levelDb;
    // Two sentences, the second close behind the first.
    for (const atMs of [3500, 5500]) {
      near.begins(atMs);
      // The first window of a sentence by itself may be anything.
      expect(hear(near, speech(40, -31), atMs).slice(1).every(Boolean)).toBe(true);
    }
    near.begins(9000);
    expect(near.levelDb).toBe(usualDb);
  });

  it('knows the caller whose first sounds are soft', () => {
    const near = talker();
    hear(near, speech(60, -15));
    const usualDb = near.levelDb!;
    near.begins(3500);
    expect(
      hear(near, [-31, -30, ...speech(30, -15)], 3500)
        .slice(1)
        .every(Boolean),
    ).toBe(true);
    expect(near.levelDb).toBeCloseTo(usualDb, 0);
    expect(near.outshone()).toBe(0);
  });

  it.each([
    ['close behind the caller', 60 * WINDOW_MS + 500, -31, () => undefined],
    ['and far softer, in the quiet', 6000, -36, () => undefined],
    [
      'where others were heard before',
      12_000,
      -31,
      (near: NearTalker) => hear(near, speech(60, -40), 60 * WINDOW_MS + 100),
    ],
    [
      'where such a voice was found to be nobody’s before',
      12_000,
      -31,
      (near: NearTalker) => {
        near.begins(4000);
        const { known } = near;
        hear(near, speech(40, -31), 4000);
        near.disown(known);
      },
    ],
  ])('takes him for another who begins softly %s', (_name, atMs, level, before) => {
    const near = talker();
    hear(near, speech(60, -15));
    before(near);
    near.begins(atMs);
    expect(hear(near, speech(40, level), atMs).slice(12).some(Boolean)).toBe(false);
  });

  it('lets the caller come back from afar after a while', () => {
    const near = talker();
    hear(near, speech(60, -15));
    const laterMs = 80_000;
    expect(hear(near, speech(30, -45), laterMs).filter(Boolean).length).toBeGreaterThan(25);
  });

  it('says where the caller speaks up behind somebody softer', () => {
    const near = talker();
    hear(near, speech(30, -45));
    expect(near.outshone()).toBe(0);
    let [at, windows] = [0, 0];
    speech(20, -20).forEach((level, i) => {
      near.hears(db(level), (31 + i) * WINDOW_MS, WINDOW_MS);
      if (windows === 0) [at, windows] = [i, near.outshone()];
    });
    expect(windows).toBe(8);
    expect(at).toBeLessThan(10);
    expect(
      hear(near, speech(60, -45), 60 * WINDOW_MS)
        .slice(12)
        .some(Boolean),
    ).toBe(false);
  });

  it('can be told that it was not the caller', () => {
    const near = talker();
    hear(near, speech(40, -30));
    const { known, levelDb } = near;
    hear(near, speech(100, -5), 40 * WINDOW_MS);
    expect(near.levelDb).toBeGreaterThan(levelDb! + 20);
    near.disown(known);
    expect(near.levelDb).toBe(levelDb);
  });

  it('never takes silence of a microphone for a caller, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -90, max: 0, noNaN: true }), { maxLength: 150 }), (levels) => {
        const near = talker();
        hear(near, levels);
        const known = near.levelDb;
        expect(known === null || (known >= -90.1 && known <= 0.1)).toBe(true);
      }),
    );
  });
});
