import { PowerSpectrum } from './power-spectrum.js';

/** By definition. */
function powers(frame: Float64Array): number[] {
  return Array.from({ length: frame.length / 2 + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    frame.forEach((x, i) => {
      re += x * Math.cos((2 * Math.PI * k * i) / frame.length);
      im -= x * Math.sin((2 * Math.PI * k * i) / frame.length);
    });
    return re * re + im * im;
  });
}

const frameOf = (length: number, seed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(seed * (i + 1) ** 2) + 0.3 * Math.cos(seed + i));

test.each([8, 12, 20, 60, 400, 512])('two spectra of %i samples are those by definition', (length) => {
  const frames = [frameOf(length, 0.7), frameOf(length, 1.9)] as const;
  const spectra = [new Float64Array(length / 2 + 1), new Float64Array(length / 2 + 1)] as const;
  new PowerSpectrum(length).takeTwo(frames, spectra);
  frames.forEach((frame, i) => {
    powers(frame).forEach((power, k) => expect(spectra[i]?.[k]).toBeCloseTo(power, 6));
  });
});

test('a frame that is shorter is filled up with zeros, whatever was there before', () => {
  const signal = frameOf(13, 1.3);
  const filled = new Float64Array(16);
  filled.set(signal);
  const spectrum = new PowerSpectrum(16);
  const power = new Float64Array(9);
  spectrum.take(frameOf(16, 0.4), power);
  spectrum.take(signal, power);
  powers(filled).forEach((expected, k) => expect(power[k]).toBeCloseTo(expected, 10));
});

test('a length with another prime factor is refused', () => {
  expect(() => new PowerSpectrum(14)).toThrow(RangeError);
});
