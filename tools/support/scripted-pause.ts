import { speechSpan } from './true-end.js';

/** Of 16 kHz. */
const SAMPLES_PER_MS = 16;
/** Length (ms) of what is looked at to find a gap between words. */
const GAP_MS = 20;
/** Where in the speech a speaker hesitates: anywhere in its middle. */
const FROM = 0.3;
const TO = 0.7;
/** So loud is a quiet room. */
const ROOM = 1e-4;

/** A question that is interrupted by a pause. Times are ms from its beginning. */
export interface PausedSpeech {
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  readonly pauseAtMs: number;
  /** True end of the second half. */
  readonly endMs: number;
}

/**
 * Parts speech at its quietest place in the middle.
 * @param pcm 16 kHz mono
 * @param pauseMs 0: it is said without hesitation
 */
export function withPause(pcm: Float32Array, pauseMs: number): PausedSpeech {
  const at = quietestSample(pcm);
  const gap = quietRoom(pauseMs);
  const paused = new Float32Array(pcm.length + gap.length);
  paused.set(pcm.subarray(0, at));
  paused.set(gap, at);
  paused.set(pcm.subarray(at), at + gap.length);
  return { pcm: paused, pauseAtMs: at / SAMPLES_PER_MS, endMs: speechSpan(pcm).endMs + pauseMs };
}

/** A room's noise, the same each time: 16 kHz mono. */
export function quietRoom(durationMs: number): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: durationMs * SAMPLES_PER_MS }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed / 2 ** 31 - 1) * ROOM;
  });
}

/** Where speech is parted: the sample in the middle of the quietest run of {@link GAP_MS}. */
export function quietestSample(pcm: Float32Array): number {
  const length = GAP_MS * SAMPLES_PER_MS;
  const { startMs, endMs } = speechSpan(pcm);
  const sampleAt = (share: number) => Math.floor((startMs + (endMs - startMs) * share) * SAMPLES_PER_MS);
  let best = { at: sampleAt(0.5), energy: Infinity };
  for (let from = sampleAt(FROM); from + length < sampleAt(TO); from += length / 2) {
    const energy = pcm.subarray(from, from + length).reduce((sum, x) => sum + x * x, 0);
    if (energy < best.energy) best = { at: from + length / 2, energy };
  }
  return best.at;
}
