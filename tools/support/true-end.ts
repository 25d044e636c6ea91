/** −45 dB, by which the recordings of test/fixtures/speech were trimmed. */
const QUIET = 10 ** (-45 / 20);

/** Where the sound of a recording ends (ms): behind its last sample that is louder than −45 dB. 0: it is silent. */
export function trueEndMs(pcm: Float32Array, sampleRate = 16_000): number {
  return ((pcm.findLastIndex((x) => Math.abs(x) > QUIET) + 1) * 1000) / sampleRate;
}
