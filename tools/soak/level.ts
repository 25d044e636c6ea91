/** A short while of speech (samples at 48 kHz): 32 ms. */
const WINDOW = 1536;
/** Speech is as loud as every tenth of its windows; what is 20 dB below the loudest is none. */
const LOUD_PART = 0.9;
const SILENT = 0.1;

/** The sound with speech of this level, dB of full scale of its peaks. @param pcm 48 kHz */
export function asLoudAs(pcm: Float32Array, levelDb: number): Float32Array {
  const gain = 10 ** (levelDb / 20) / (levelOf(pcm) || 1);
  return pcm.map((x) => Math.max(-1, Math.min(1, x * gain)));
}

function levelOf(pcm: Float32Array): number {
  const peaks: number[] = [];
  for (let from = 0; from < pcm.length; from += WINDOW) {
    peaks.push(pcm.subarray(from, from + WINDOW).reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  }
  const sorted = peaks.toSorted((a, b) => a - b);
  const voiced = sorted.filter((peak) => peak >= (sorted.at(-1) ?? 0) * SILENT);
  return voiced[Math.floor((voiced.length - 1) * LOUD_PART)] ?? 0;
}
