import fc from 'fast-check';
import { Windower } from './windower.js';

const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, i) => from + i);

describe('Windower', () => {
  it('loses and repeats no sample, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 30 }), (lengths) => {
        const windower = new Windower(512);
        let at = 0;
        const windows = lengths.flatMap((length) => {
          const { windows } = windower.push(ramp(at, length), at / 16);
          at += length;
          return windows;
        });
        expect(windows).toHaveLength(Math.floor(at / 512));
        windows.forEach((window, i) => {
          expect(window.pcm).toEqual(ramp(i * 512, 512));
          expect(window.ptsMs).toBeCloseTo(i * 32, 6);
          expect(window.endMs).toBeCloseTo(i * 32 + 32, 6);
        });
      }),
    );
  });

  it('takes a small timestamp error as it comes', () => {
    const windower = new Windower(512);
    windower.push(ramp(0, 320), 0);
    const { windows, jump } = windower.push(ramp(320, 320), 60);
    expect(jump).toBeNull();
    expect(windows).toMatchObject([{ ptsMs: 0, endMs: 72 }]);
  });

  it.each([
    ['forward', 321],
    ['backward', -300],
  ])('starts anew at a jump %s', (_direction, ptsMs) => {
    const windower = new Windower(512);
    windower.push(ramp(0, 320), 0);
    const { windows, jump } = windower.push(ramp(0, 512), ptsMs);
    expect(jump).toEqual({ discardedSamples: 320 });
    expect(windows).toMatchObject([{ pcm: ramp(0, 512), ptsMs, endMs: ptsMs + 32 }]);
  });
});
