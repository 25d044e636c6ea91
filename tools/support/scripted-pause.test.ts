import { withPause } from './scripted-pause.js';
import { trueEndMs } from './true-end.js';

/** Two words of 400 ms with a gap of 60 ms, then silence. */
const speech = new Float32Array(16 * 1200).map((_, i) => {
  const ms = i / 16;
  return ms < 400 || (ms >= 460 && ms < 860) ? 0.3 * Math.sin(i) : 0;
});

describe('trueEndMs', () => {
  it('is behind the last sound', () => expect(trueEndMs(speech)).toBeCloseTo(860, 0));
  it('is that of the speech where the recording goes on with its noise', () => {
    const noisy = speech.map((x, i) => x + 0.02 * Math.sin(i * i));
    expect(Math.abs(noisy.at(-1)!)).toBeGreaterThan(0);
    expect(trueEndMs(noisy)).toBeCloseTo(860, 0);
  });
  it('of silence is 0', () => expect(trueEndMs(new Float32Array(1600))).toBe(0));
});

describe('withPause', () => {
  it('parts the words where it is quiet, and loses nothing', () => {
    const { pcm, pauseAtMs, endMs } = withPause(speech, 500);
    expect(pauseAtMs).toBeGreaterThanOrEqual(400);
    expect(pauseAtMs).toBeLessThanOrEqual(460);
    expect(endMs).toBeCloseTo(1360, 0);
    expect(pcm.length).toBe(speech.length + 8000);
    const at = pauseAtMs * 16;
    const pause = pcm.subarray(at, at + 8000);
    expect(Math.max(...pause.map(Math.abs))).toBeLessThan(0.001);
    expect([...pcm.subarray(0, at), ...pcm.subarray(at + 8000)]).toEqual([...speech]);
  });

  it('leaves speech as it is without one', () => {
    expect(withPause(speech, 0)).toMatchObject({ pcm: speech, endMs: trueEndMs(speech) });
  });
});
