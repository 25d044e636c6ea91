import { PowerSpectrum } from '#modules/contracts';
import { htkFilters, slaneyFilters, through, type MelFilter } from './mel.js';

const FRAME = 400;
const HOP = 160;

/** Smart Turn v3: 80 bands of 800 frames, of the last eight seconds. */
export const SMART_TURN = { samples: 128_000, bands: 80, frames: 800 } as const;
const VARIANCE_EPSILON = 1e-7;
const MEL_FLOOR = 1e-10;
/** Whisper keeps this much (of the decimal logarithm) below the loudest. */
const DYNAMIC_RANGE = 8;

/** YAMNet: 96 frames of 64 bands, of 0.975 s. */
export const YAMNET = { samples: 15_600, bands: 64, frames: 96 } as const;
const YAMNET_FFT = 512;
const LOG_OFFSET = 0.001;

const HANN = Float64Array.from({ length: FRAME }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME));
/** Arrays that each analysis uses anew: megabytes a sound would otherwise wait for the garbage collector, which sees only small objects. */
const scratch = (length: number) => ({
  windows: [new Float64Array(length), new Float64Array(length)] as const,
  spectra: [new Float64Array(length / 2 + 1), new Float64Array(length / 2 + 1)] as const,
});
const whisper = {
  spectrum: new PowerSpectrum(FRAME),
  filters: slaneyFilters(FRAME, { filters: SMART_TURN.bands, lowestHz: 0, highestHz: 8000 }),
  sound: new Float64Array(SMART_TURN.samples + FRAME),
  energies: new Float64Array(SMART_TURN.frames * SMART_TURN.bands),
  features: new Float32Array(SMART_TURN.frames * SMART_TURN.bands),
  ...scratch(FRAME),
};
const yamnet = {
  spectrum: new PowerSpectrum(YAMNET_FFT),
  filters: htkFilters(YAMNET_FFT, { filters: YAMNET.bands, lowestHz: 125, highestHz: 7500 }),
  sound: new Float64Array(YAMNET.samples),
  energies: new Float64Array(YAMNET.frames * YAMNET.bands),
  features: new Float32Array(YAMNET.frames * YAMNET.bands),
  ...scratch(YAMNET_FFT),
};

/**
 * What Smart Turn hears of a sound: Whisper's log-mel bands of its last eight seconds, which are silent before it begins.
 * @param pcm 16 kHz mono
 * @returns [80, 800], valid until the next call
 */
export function smartTurnFeatures(pcm: Float32Array): Float32Array {
  const sound = pcm.subarray(-SMART_TURN.samples);
  const silent = SMART_TURN.samples - sound.length;
  const { mean, scale } = standard(sound);
  const padded = whisper.sound.fill(-mean * scale);
  const half = FRAME / 2;
  for (let i = 0; i < sound.length; i++) padded[half + silent + i] = ((sound[i] ?? 0) - mean) * scale;
  for (let i = 1; i <= half; i++) {
    padded[half - i] = padded[half + i] ?? 0;
    padded[half + SMART_TURN.samples - 1 + i] = padded[half + SMART_TURN.samples - 1 - i] ?? 0;
  }
  // Frames before the sound are all alike.
  const firstFrame = Math.min(SMART_TURN.frames - 1, Math.max(0, Math.floor((silent - half) / HOP) - 1));
  const bands = logBands(padded, { ...whisper, power: true, firstFrame, frames: SMART_TURN.frames });
  return normalised(bands, firstFrame);
}

/**
 * What YAMNet hears of a sound.
 * @param pcm 15,600 samples at 16 kHz
 * @returns [96, 64], valid until the next call
 */
export function yamnetFeatures(pcm: Float32Array): Float32Array {
  yamnet.sound.set(pcm);
  const bands = logBands(yamnet.sound, { ...yamnet, power: false, firstFrame: 0, frames: YAMNET.frames });
  const { features } = yamnet;
  bands.forEach((energy, i) => (features[i] = Math.log(energy + LOG_OFFSET)));
  return features;
}

interface Analysis {
  readonly spectrum: PowerSpectrum;
  readonly filters: readonly MelFilter[];
  readonly windows: readonly [Float64Array, Float64Array];
  readonly spectra: readonly [Float64Array, Float64Array];
  /** What is returned, filled anew: [frames, bands]. */
  readonly energies: Float64Array;
  /** Of the power spectrum; else of its root. */
  readonly power: boolean;
  readonly firstFrame: number;
  readonly frames: number;
}

/** @returns [frames, bands]; those before `firstFrame` are 0 */
function logBands(
  sound: Float64Array,
  { spectrum, filters, windows, spectra, energies: out, power, firstFrame, frames }: Analysis,
): Float64Array {
  out.fill(0);
  for (let frame = firstFrame; frame < frames; frame += 2) {
    windows.forEach((window, i) => cut(sound, frame + i, window));
    spectrum.takeTwo(windows, spectra);
    spectra.forEach((bins, i) => {
      if (frame + i >= frames) return;
      if (!power) for (let k = 0; k < bins.length; k++) bins[k] = Math.sqrt(bins[k] ?? 0);
      filters.forEach((filter, band) => {
        out[(frame + i) * filters.length + band] = through(filter, bins);
      });
    });
  }
  return out;
}

function cut(sound: Float64Array, frame: number, into: Float64Array): void {
  const from = frame * HOP;
  for (let i = 0; i < FRAME; i++) into[i] = (sound[from + i] ?? 0) * (HANN[i] ?? 0);
}

/** Zero mean and unit variance over all that the model hears, the silence before the sound included. */
function standard(sound: Float32Array): { mean: number; scale: number } {
  let [sum, squares] = [0, 0];
  for (const x of sound) sum += x;
  const mean = sum / SMART_TURN.samples;
  for (const x of sound) squares += (x - mean) ** 2;
  squares += (SMART_TURN.samples - sound.length) * mean ** 2;
  return { mean, scale: 1 / Math.sqrt(squares / SMART_TURN.samples + VARIANCE_EPSILON) };
}

/** Whisper's scale, band by band. */
function normalised(bands: Float64Array, firstFrame: number): Float32Array {
  const { bands: count, frames } = SMART_TURN;
  const log = (frame: number, band: number) =>
    Math.log10(Math.max(MEL_FLOOR, bands[Math.max(frame, firstFrame) * count + band] ?? 0));
  let loudest = -Infinity;
  for (let i = firstFrame * count; i < bands.length; i++) loudest = Math.max(loudest, bands[i] ?? 0);
  const least = Math.log10(Math.max(MEL_FLOOR, loudest)) - DYNAMIC_RANGE;
  const out = whisper.features;
  for (let band = 0; band < count; band++) {
    for (let frame = 0; frame < frames; frame++) {
      out[band * frames + frame] = (Math.max(least, log(frame, band)) + 4) / 4;
    }
  }
  return out;
}
