import { speechIn, windowStarts } from './audio-events.js';
import { YAMNET } from './features.js';

const CLASSES = 521;
const [SPEECH, LAUGHTER, SINGING, FAN] = [0, 13, 24, 406];
const window = (scores: Record<number, number>) =>
  Float32Array.from({ length: CLASSES }, (_, i) => scores[i] ?? 0);

describe('speechIn', () => {
  it.each([
    ['a question', { [SPEECH]: 0.98 }, 0.9, 1],
    ['a question in the noise of a fan', { [SPEECH]: 0.6, [FAN]: 0.7 }, 0.9, 1],
    ['a question with music', { [SPEECH]: 0.6, [SINGING]: 0.3 }, 0.5, 0.8],
    ['laughter', { [SPEECH]: 0.15, [LAUGHTER]: 0.8 }, 0, 0.1],
    ['a song', { [SPEECH]: 0.2, [SINGING]: 0.7 }, 0, 0.1],
    ['nothing', {}, 0, 0],
  ])('%s', (_name, scores, least, most) => {
    const speech = speechIn([window(scores)]);
    expect(speech).toBeGreaterThanOrEqual(least);
    expect(speech).toBeLessThanOrEqual(most);
  });

  it('goes by the window in which speech is clearest', () => {
    const sound = [{ [LAUGHTER]: 0.9 }, { [SPEECH]: 0.9 }, { [SINGING]: 0.9 }].map(window);
    expect(speechIn(sound)).toBeGreaterThan(0.9);
  });
});

describe('windowStarts', () => {
  it.each([1, 8000, YAMNET.samples, YAMNET.samples + 1, 40_000, 128_000])('%i samples', (samples) => {
    const starts = windowStarts(samples);
    expect(starts.length).toBeLessThanOrEqual(8);
    expect(starts.at(-1)).toBe(samples - YAMNET.samples);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts[0]).toBe(Math.min(0, samples - YAMNET.samples));
  });
});
