import { PowerSpectrum } from './fft.js';
import { LogMel, type MelSettings } from './log-mel.js';

const settings: MelSettings = {
  sampleRate: 16_000,
  frameLength: 320,
  hop: 160,
  fftLength: 512,
  mels: 8,
  minHz: 125,
  maxHz: 7600,
  preemphasis: 0,
  floor: 1e-3,
  flavor: 'add',
};

describe('PowerSpectrum', () => {
  it('is the sum by definition', () => {
    const signal = Float64Array.from({ length: 13 }, (_, n) => Math.sin(n * n));
    const power = new Float64Array(9);
    new PowerSpectrum(16).take(signal, power);
    power.forEach((value, k) => {
      const at = (of: (angle: number) => number) =>
        signal.reduce((sum, sample, n) => sum + sample * of((2 * Math.PI * k * n) / 16), 0);
      expect(value).toBeCloseTo(at(Math.cos) ** 2 + at(Math.sin) ** 2, 10);
    });
  });
});

describe('LogMel', () => {
  const tone = (hz: number, samples: number) =>
    Float32Array.from({ length: samples }, (_, n) => Math.sin((2 * Math.PI * hz * n) / 16_000));

  it('hears a tone where it is', () => {
    const loudest = (hz: number) => {
      const { features } = new LogMel(settings).frames(tone(hz, 1600));
      const row = Array.from(features.subarray(16, 24));
      return row.indexOf(Math.max(...row));
    };
    expect([300, 1000, 3000, 6500].map(loudest)).toEqual([0, 2, 5, 7]);
  });

  it('leaves frames that reach past the sound empty', () => {
    const { frames, mask, features } = new LogMel(settings).frames(tone(500, 1600));
    expect(frames).toBe(10);
    expect([...mask]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    expect([...features.subarray(72)]).toEqual(Array(8).fill(0));
  });

  it('makes no frames of a sound that is shorter than one', () => {
    const clamped = new LogMel({ ...settings, flavor: 'clamp', preemphasis: 0.97 });
    expect(clamped.frames(tone(500, 100)).frames).toBe(0);
    expect(clamped.frames(tone(500, 384)).frames).toBe(1);
  });

  it('keeps silence at the floor', () => {
    const { features } = new LogMel({ ...settings, flavor: 'clamp' }).frames(new Float32Array(640));
    expect(new Set(features)).toEqual(new Set([Math.fround(Math.log(1e-3))]));
  });
});
