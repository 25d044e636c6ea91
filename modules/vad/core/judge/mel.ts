/** The bins of one filter, from its first on. */
export interface MelFilter {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

/** Bands of a filter bank; frequencies are Hz. */
export interface MelBands {
  readonly filters: number;
  readonly lowestHz: number;
  readonly highestHz: number;
}

interface Scale {
  toMel(hz: number): number;
  toHz(mel: number): number;
}

const SAMPLE_RATE = 16_000;

/** Slaney's scale: linear to 1 kHz, then logarithmic. */
const SLANEY: Scale = {
  toMel: (hz) => (hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)),
  toHz: (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) / 27) * (mel - 15))),
};
/** The scale of HTK, and of TensorFlow. */
const HTK: Scale = {
  toMel: (hz) => 1127 * Math.log(1 + hz / 700),
  toHz: (mel) => 700 * (Math.exp(mel / 1127) - 1),
};

/** Triangles on Slaney's scale, each of unit area: those of Whisper. */
export function slaneyFilters(fftLength: number, bands: MelBands): MelFilter[] {
  const edges = edgesOf(bands, SLANEY).map((mel) => SLANEY.toHz(mel));
  return filtersOf(bands, fftLength, (filter, hz) => {
    const [low, mid, high] = [edges[filter] ?? 0, edges[filter + 1] ?? 0, edges[filter + 2] ?? 0];
    return (Math.max(0, Math.min((hz - low) / (mid - low), (high - hz) / (high - mid))) * 2) / (high - low);
  });
}

/** Triangles that are straight on HTK's scale, each with a peak of 1: those of YAMNet. */
export function htkFilters(fftLength: number, bands: MelBands): MelFilter[] {
  const edges = edgesOf(bands, HTK);
  return filtersOf(bands, fftLength, (filter, hz) => {
    const [low, mid, high] = [edges[filter] ?? 0, edges[filter + 1] ?? 0, edges[filter + 2] ?? 0];
    const mel = HTK.toMel(hz);
    return hz === 0 ? 0 : Math.max(0, Math.min((mel - low) / (mid - low), (high - mel) / (high - mid)));
  });
}

/** A filter's share of a spectrum. */
export function through({ firstBin, weights }: MelFilter, spectrum: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (spectrum[firstBin + i] ?? 0);
  return sum;
}

function edgesOf({ filters, lowestHz, highestHz }: MelBands, scale: Scale): number[] {
  const [low, high] = [scale.toMel(lowestHz), scale.toMel(highestHz)];
  return Array.from({ length: filters + 2 }, (_, i) => low + ((high - low) * i) / (filters + 1));
}

function filtersOf(
  { filters }: MelBands,
  fftLength: number,
  weight: (filter: number, hz: number) => number,
): MelFilter[] {
  return Array.from({ length: filters }, (_, filter) => {
    const all = Array.from({ length: fftLength / 2 + 1 }, (_bin, bin) =>
      weight(filter, (bin * SAMPLE_RATE) / fftLength),
    );
    const firstBin = Math.max(
      0,
      all.findIndex((w) => w > 0),
    );
    const lastBin = all.findLastIndex((w) => w > 0);
    return { firstBin, weights: Float64Array.from(all.slice(firstBin, Math.max(firstBin, lastBin + 1))) };
  });
}
