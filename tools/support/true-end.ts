/** −45 dB, by which the recordings of test/fixtures/speech were trimmed. */
const QUIET = 10 ** (-45 / 20);
/** What a recording's own noise hardly ever reaches, in its effective values. */
const ABOVE_NOISE = 6;
/** Noise is measured in the quietest tenth of these (ms). */
const WINDOW_MS = 10;
const QUIETEST = 0.1;

/** Where the sound of a recording lies (ms). Both 0: it is silent. */
export interface SpeechSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** From the first to the last sample that is louder than −45 dB and than the recording's own noise. */
export function speechSpan(pcm: Float32Array, sampleRate = 16_000): SpeechSpan {
  const level = Math.max(QUIET, ABOVE_NOISE * noiseOf(pcm, (sampleRate * WINDOW_MS) / 1000));
  const isSound = (x: number) => Math.abs(x) > level;
  const start = Math.max(0, pcm.findIndex(isSound));
  const end = pcm.findLastIndex(isSound) + 1;
  return { startMs: (start * 1000) / sampleRate, endMs: (end * 1000) / sampleRate };
}

/** Where the sound of a recording ends (ms). 0: it is silent. */
export function trueEndMs(pcm: Float32Array, sampleRate = 16_000): number {
  return speechSpan(pcm, sampleRate).endMs;
}

/** Effective value of a recording where it is quietest. */
function noiseOf(pcm: Float32Array, window: number): number {
  const energies: number[] = [];
  for (let from = 0; from + window <= pcm.length; from += window) {
    energies.push(pcm.subarray(from, from + window).reduce((sum, x) => sum + x * x, 0));
  }
  energies.sort((a, b) => a - b);
  return Math.sqrt((energies[Math.floor(energies.length * QUIETEST)] ?? 0) / window);
}
