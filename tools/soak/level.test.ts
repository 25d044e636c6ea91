import { asLoudAs } from './level.js';

/** A second of a tone between two of silence. 48 kHz. */
const tone = (amplitude: number) =>
  Float32Array.from({ length: 144_000 }, (_, i) =>
    i < 48_000 || i >= 96_000 ? 0 : amplitude * Math.sin(i / 10),
  );
const peak = (pcm: Float32Array) => pcm.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe('asLoudAs', () => {
  it.each([0.01, 0.1, 1])('brings speech of a peak of %f to the level', (amplitude) => {
    expect(20 * Math.log10(peak(asLoudAs(tone(amplitude), -9)))).toBeCloseTo(-9, 1);
  });

  it('goes by what is usual, cuts a click, and leaves silence alone', () => {
    const clicked = tone(0.1);
    clicked[60_000] = 0.5;
    expect(peak(asLoudAs(clicked, -9).subarray(61_440))).toBeCloseTo(10 ** (-9 / 20), 1);
    expect(peak(asLoudAs(clicked, -9))).toBe(1);
    expect(peak(asLoudAs(new Float32Array(4800), -9))).toBe(0);
  });
});
