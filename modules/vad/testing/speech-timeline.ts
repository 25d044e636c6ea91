import { readFileSync } from 'node:fs';

const SAMPLES_PER_MS = 16;
const WAV_HEADER_BYTES = 44;

/** 16-bit mono WAV with a plain header, as in test/fixtures/speech. */
export function readWav(url: URL): Float32Array {
  const bytes = readFileSync(url);
  const pcm = new Float32Array((bytes.length - WAV_HEADER_BYTES) / 2);
  for (let i = 0; i < pcm.length; i++) pcm[i] = bytes.readInt16LE(WAV_HEADER_BYTES + 2 * i) / 32_768;
  return pcm;
}

export interface PlacedClip {
  readonly pcm: Float32Array;
  readonly atMs: number;
}

/** Clips at known times over faint noise (a microphone is never digitally silent). */
export function timeline(lengthMs: number, clips: readonly PlacedClip[], noise = 0.001): Float32Array {
  const pcm = new Float32Array(lengthMs * SAMPLES_PER_MS);
  let seed = 1;
  for (let i = 0; i < pcm.length; i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    pcm[i] = (seed / 2 ** 31 - 1) * noise;
  }
  for (const clip of clips) {
    const at = clip.atMs * SAMPLES_PER_MS;
    clip.pcm.forEach((x, i) => (pcm[at + i] = (pcm[at + i] ?? 0) + x));
  }
  return pcm;
}

/** Pushes a recording as 20 ms Opus frames would come. */
export function pushAsOpusFrames(
  stream: { push(pcm: Float32Array, ptsMs: number): void },
  pcm: Float32Array,
  startMs = 0,
): void {
  const frame = 20 * SAMPLES_PER_MS;
  for (let i = 0; i < pcm.length; i += frame) {
    stream.push(pcm.subarray(i, i + frame), startMs + i / SAMPLES_PER_MS);
  }
}
