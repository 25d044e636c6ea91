import { PowerSpectrum } from '#modules/contracts';

/** A feature extractor's settings, in its own terms: samples, Hz. */
export interface MelSettings {
  readonly sampleRate: number;
  readonly frameLength: number;
  readonly hop: number;
  /** A power of two, at least `frameLength`. */
  readonly fftLength: number;
  readonly mels: number;
  readonly minHz: number;
  readonly maxHz: number;
  /** Share of the sample before that is taken off (HTK's way: the first sample loses that share of itself). */
  readonly preemphasis: number;
  readonly floor: number;
  /**
   * `clamp`: frames begin with the sound, and a mel is at least the floor (Gemma 3n). `add`: half a frame of silence comes
   * first, a frame needs one sample more than it looks at, and the floor is added (Gemma 4).
   */
  readonly flavor: 'clamp' | 'add';
}

/** Log-mel frames. `mask`: 1 where a frame lies wholly within the sound; other frames hold zeros. */
export interface MelFrames {
  /** `[frames, mels]` */
  readonly features: Float32Array;
  readonly frames: number;
  readonly mask: Uint8Array;
}

/** Sounds are filled up with zeros to a multiple of this many samples, as the extractors do. */
const UNIT = 128;

/** Log-mel spectrogram of the magnitude, as the Gemma feature extractors of transformers.js make it. */
export class LogMel {
  private readonly settings: MelSettings;
  private readonly window: Float64Array;
  private readonly filters: readonly Filter[];
  private readonly spectrum: PowerSpectrum;

  constructor(settings: MelSettings) {
    this.settings = settings;
    const { frameLength, fftLength } = settings;
    this.window = Float64Array.from(
      { length: frameLength },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / frameLength),
    );
    this.filters = melFilters(settings);
    this.spectrum = new PowerSpectrum(fftLength);
  }

  /** @param pcm a whole sound; one shorter than a frame gives no frames */
  frames(pcm: Float32Array): MelFrames {
    const { frameLength, hop, mels, flavor } = this.settings;
    const lead = flavor === 'add' ? Math.floor(frameLength / 2) : 0;
    const needed = flavor === 'add' ? frameLength + 1 : frameLength;
    const length = lead + Math.ceil(pcm.length / UNIT) * UNIT;
    const frames = Math.max(0, Math.floor((length - needed) / hop) + 1);
    const padded = new Float64Array(length);
    padded.set(pcm, lead);
    const features = new Float32Array(frames * mels);
    const mask = new Uint8Array(frames).fill(1);
    for (let frame = 0; frame < frames; frame++) {
      const start = frame * hop;
      if (flavor === 'add' && start + frameLength >= lead + pcm.length) mask[frame] = 0;
      else this.frame(padded.subarray(start, start + frameLength), features, frame * mels);
    }
    return { features, frames, mask };
  }

  private frame(samples: Float64Array, into: Float32Array, at: number): void {
    const { preemphasis, floor, flavor, fftLength } = this.settings;
    const shaped = samples.map(
      (sample, n) => (sample - preemphasis * (samples[Math.max(0, n - 1)] ?? 0)) * (this.window[n] ?? 0),
    );
    const power = new Float64Array(fftLength / 2 + 1);
    this.spectrum.take(shaped, power);
    const magnitude = power.map(Math.sqrt);
    this.filters.forEach(({ from, weights }, mel) => {
      const sum = weights.reduce((total, weight, bin) => total + weight * (magnitude[from + bin] ?? 0), 0);
      into[at + mel] = Math.log(flavor === 'add' ? sum + floor : Math.max(floor, sum));
    });
  }
}

/** A triangle over the bins from `from` on. */
interface Filter {
  readonly from: number;
  readonly weights: readonly number[];
}

function melFilters({ sampleRate, fftLength, mels, minHz, maxHz }: MelSettings): Filter[] {
  const toMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const toHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);
  const [low, high] = [toMel(minHz), toMel(maxHz)];
  const edge = (index: number) => toHz(low + ((high - low) * index) / (mels + 1));
  const bins = Array.from({ length: fftLength / 2 + 1 }, (_, bin) => (bin * sampleRate) / fftLength);
  return Array.from({ length: mels }, (_, mel) => {
    const [left, middle, right] = [edge(mel), edge(mel + 1), edge(mel + 2)];
    const weight = (hz: number) =>
      Math.max(0, Math.min((hz - left) / (middle - left), (right - hz) / (right - middle)));
    const from = bins.findIndex((hz) => weight(hz) > 0);
    if (from < 0) return { from: 0, weights: [] };
    const weights = bins.slice(from).map(weight);
    return { from, weights: weights.slice(0, weights.findLastIndex((one) => one > 0) + 1) };
  });
}
