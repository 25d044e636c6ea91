import { encodePcm } from '@vis-a-vis/client/node';
import { decodeClip } from '../../support/decode-clip.js';
import { SCENE_QUESTIONS } from '../../support/scene.js';
import { trueEndMs } from '../../support/true-end.js';
import { Voices } from './voices.js';

const fan = { kind: 'fan' as const, snrDb: 20 };
const turn = (question: number, pauseMs = 0) => ({ question, pauseMs, gapMs: 0, interruptedAfterMs: null });
const life = { n: 0, atMs: 0, endpointDelayMs: 500, noise: null, turns: [turn(0), turn(0, 350)] };

/** By how many samples the second is later: where the two are most alike. */
function shiftOf(first: Float32Array, second: Float32Array): number {
  let best = { shift: 0, likeness: -Infinity };
  for (let shift = 0; shift < 960; shift++) {
    let likeness = 0;
    for (let at = 0; at + shift < second.length; at++)
      likeness += (first[at] ?? 0) * (second[at + shift] ?? 0);
    if (likeness > best.likeness) best = { shift, likeness };
  }
  return best.shift;
}

/** Real: the questions, and Opus. */
describe('Voices', () => {
  let voices: Voices;
  beforeAll(async () => {
    voices = await Voices.prepare([
      life,
      { ...life, noise: fan, turns: [turn(0), turn(SCENE_QUESTIONS.length)] },
    ]);
  });

  it('know where the speech of a clip ends, as it is heard', async () => {
    const { clip, endMs } = voices.utterance(0, 0, null);
    expect(trueEndMs(await decodeClip(clip, 16_000))).toBe(endMs);
    expect(endMs).toBeLessThan(clip.durationMs);
  });

  it('end later by a pause, and by what encoding them anew delays', async () => {
    const laterMs = (pauseMs: number, noise: typeof fan | null) =>
      voices.utterance(0, pauseMs, noise).endMs - voices.utterance(0, 0, null).endMs;
    const plain = await decodeClip(voices.utterance(0, 0, null).clip, 48_000);
    const again = await decodeClip(await encodePcm(plain, 48_000), 48_000);
    const delayMs = shiftOf(plain, again) / 48;
    expect(laterMs(350, null)).toBeCloseTo(350 + delayMs, 0);
    expect(laterMs(0, fan)).toBeCloseTo(delayMs, 0);
  });

  it('hear the same noise between questions as under them', async () => {
    expect(voices.quiet(null)).toBeUndefined();
    const quiet = voices.quiet(fan);
    expect(quiet?.durationMs).toBe(4000);
    const pcm = quiet ? await decodeClip(quiet, 16_000) : [];
    expect(Math.max(...pcm.map(Math.abs))).toBeGreaterThan(0.001);
  });

  it('judge the answers of all questions but the long one', () => {
    expect(voices.utterance(0, 0, null).isRight('The star is red.')).toBe(true);
    expect(voices.utterance(0, 0, null).isRight('The star is blue.')).toBe(false);
    expect(voices.utterance(SCENE_QUESTIONS.length, 0, fan).isRight('Anything.')).toBeNull();
  });

  it('have only what was prepared', () => {
    expect(() => voices.utterance(1, 0, null)).toThrow(RangeError);
  });
});
