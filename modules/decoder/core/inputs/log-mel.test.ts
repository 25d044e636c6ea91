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
