import { PCM_RATES } from '@vis-a-vis/protocol';
import fc from 'fast-check';
import { AudioStream, toPcm } from './audio-stream.js';
import { Resampler } from './resampler.js';

const RATES = PCM_RATES;
const tone = (hz: number, rate: number, seconds = 0.2) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));
const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const resampled = (input: Float32Array, rate: number) => {
  const resampler = new Resampler(rate);
  return Float32Array.from([...resampler.push(input), ...resampler.flush()]);
};
const bytesOf = (samples: Float32Array) =>
  new Uint8Array(Int16Array.from(samples, (x) => Math.round(x * 32_767)).buffer);

describe('Resampler', () => {
  it.each(
    RATES.filter((rate) => rate !== 16_000).flatMap((rate) =>
      [100, 1000, 3000, 7000].filter((hz) => hz < rate * 0.44).map((hz) => [rate, hz]),
    ),
  )('from %i Hz keeps a tone of %i Hz, at its place', (rate, hz) => {
    const out = resampled(tone(hz, rate), rate);
    const expected = tone(hz, 16_000);
    expect(out.length).toBe(expected.length);
    const error = out.map((v, i) => v - (expected[i] ?? 0)).subarray(200, -200);
    expect(rms(error)).toBeLessThan(0.002);
  });

  it.each([
    [24_000, 8600],
    [24_000, 11_000],
    [48_000, 9000],
    [48_000, 15_000],
    [48_000, 20_000],
    [44_100, 12_000],
  ])('from %i Hz removes a tone of %i Hz, which 16 kHz cannot hold', (rate, hz) => {
    expect(rms(resampled(tone(hz, rate), rate).subarray(200, -200))).toBeLessThan(0.5 * 0.003);
  });

  it('adds no image of its own to telephony', () => {
    // An image of 1 kHz at 8 kHz would be at 7 kHz.
    const out = resampled(tone(1000, 8000), 8000);
    const image = out.reduce((sum, v, i) => sum + v * Math.sin((2 * Math.PI * 7000 * i) / 16_000), 0);
    expect(Math.abs(image / out.length)).toBeLessThan(0.001);
  });

  it('keeps a constant', () => {
    for (const rate of RATES) {
      const out = resampled(new Float32Array(rate / 10).fill(0.5), rate).subarray(100, -100);
      for (const value of out) expect(value).toBeCloseTo(0.5, 5);
    }
  });
});

describe('AudioStream', () => {
  const noise = Uint8Array.from({ length: 1200 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 251);

  it.each([
    ...RATES.map((rate) => ({ type: 'audio/pcm' as const, rate })),
    { type: 'audio/pcmu' as const },
    { type: 'audio/pcma' as const },
  ])('gives the same samples wherever the bytes are cut: %j', (format) => {
    const whole = toPcm(noise, format);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: noise.length }), { maxLength: 8 }), (cuts) => {
        const stream = new AudioStream(format);
        const at = [0, ...cuts.sort((a, b) => a - b), noise.length];
        const pieces = at.slice(1).map((to, i) => stream.push(noise.subarray(at[i] ?? 0, to)));
        const out = [...pieces, stream.flush()].flatMap((piece) => [...piece]);
        expect(out.length).toBe(whole.length);
        expect(out).toEqual([...whole]);
      }),
      { numRuns: 10 },
    );
  });

  it('goes on after a flush without a gap', () => {
    const input = bytesOf(tone(500, 24_000));
    const stream = new AudioStream({ type: 'audio/pcm', rate: 24_000 });
    const half = 2 * Math.floor(input.length / 4);
    const out = [
      ...stream.push(input.subarray(0, half)),
      ...stream.flush(),
      ...stream.push(input.subarray(half)),
      ...stream.flush(),
    ];
    expect(out).toHaveLength(3200);
  });

  it('forgets by clear what was only half there', () => {
    const format = { type: 'audio/pcm', rate: 24_000 } as const;
    const stream = new AudioStream(format);
    stream.push(noise.subarray(0, 999));
    stream.clear();
    expect([...stream.push(noise), ...stream.flush()]).toEqual([...toPcm(noise, format)]);
  });
});
