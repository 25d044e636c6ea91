import { pcm16ToFloat, resample24To16 } from './pcm.js';

const tone = (hz: number, rate: number, seconds = 0.1) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

describe('pcm16ToFloat', () => {
  it('reads little-endian samples', () => {
    expect([...pcm16ToFloat(Uint8Array.of(0, 128, 0, 64, 255))]).toEqual([-1, 0.5]);
  });
});

describe('resample24To16', () => {
  it.each([100, 1000, 5000])('keeps a tone of %i Hz, in place', (hz) => {
    const out = resample24To16(tone(hz, 24_000)).subarray(100, -100);
    const expected = tone(hz, 16_000).subarray(100, -100);
    expect(rms(out.map((v, i) => v - (expected[i] ?? 0)))).toBeLessThan(0.01);
  });

  it('removes what 16 kHz cannot hold', () => {
    expect(rms(resample24To16(tone(10_000, 24_000)).subarray(100, -100))).toBeLessThan(0.01);
  });
});
