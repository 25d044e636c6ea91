import { LevelTrack } from './level-track.js';

/** A window below this probability holds no speech: it tells how loud the surroundings are. */
const NOISE_BELOW = 0.1;
/** Time constants (ms) of what is known about the level of the surroundings and of the speech. */
const NOISE_MS = 320;
const SPEECH_MS = 1000;
/** Below its loudest peaks by this much, speech has ended: −35 dB. */
const END_OF_SPEECH = 10 ** (-35 / 20);
/** Above the surroundings by this much, a sound is none of theirs: 3 dB. */
const ABOVE_NOISE = 1.41;
/** Surroundings nearer to the speech than this (−12 dB) drown its end. */
const DROWNED = 10 ** (-12 / 20);

/** What a model's opinion is late by, by the length of its windows, which tells Silero v6 (32 ms) from the legacy model (96 ms). */
interface Lag {
  /** As a rule: taken where the level does not tell where the sound ended (ms). */
  readonly usualMs: number;
  /** At most: no sound is looked for further back (ms). */
  readonly mostMs: number;
}

const LAG: Readonly<Record<'v6' | 'legacy', Lag>> = {
  v6: { usualMs: 80, mostMs: 250 },
  legacy: { usualMs: 150, mostMs: 350 },
};
/** A sound that reaches this near (ms) to the end of the window in which the model hears no speech goes on beyond it. */
const STILL_SOUNDING_MS = 8;
/** A longer window (ms) is the legacy model's. */
export const LONGEST_V6_WINDOW_MS = 32;

/**
 * Where speech really ended. A model's probability falls late, by an amount that depends on voice, level and noise; the
 * sound itself ends sharply. So the model says whether there is speech, and the level says where it ended. Times are ms
 * on the media clock.
 */
export class SoundEnd {
  readonly #levels = new LevelTrack();
  /** Loudest peak of a window without speech, averaged; null before the first. */
  #noise: number | null = null;
  /** Loudest peak of the speech of late: what is longer ago counts less. */
  #speech = 0;
  #speechToMs = 0;

  /** The sound that windows are going to be about. */
  push(pcm: Float32Array, ptsMs: number): void {
    this.#levels.push(pcm, ptsMs);
  }

  /** What was heard then, though it may be speech, is what surrounds the caller. */
  surroundedBy(fromMs: number, toMs: number): void {
    this.#noise = Math.max(this.#noise ?? 0, this.#levels.peak(fromMs, toMs));
  }

  /** How loud it was in `(fromMs, toMs]`; null: no sound was given. */
  level(fromMs: number, toMs: number): number | null {
    return this.#levels.empty ? null : this.#levels.level(fromMs, toMs);
  }

  /** One window's probability: what there was to hear in it is learned. */
  judged(p: number, speech: boolean, [fromMs, toMs]: readonly [number, number]): void {
    if (this.#levels.empty) return;
    if (speech) {
      const faded = this.#speech * Math.exp((this.#speechToMs - toMs) / SPEECH_MS);
      this.#speech = Math.max(faded, this.#levels.peak(fromMs, toMs));
      this.#speechToMs = toMs;
    } else if (p < NOISE_BELOW) {
      const peak = this.#levels.peak(fromMs, toMs);
      const weight = Math.min(1, (toMs - fromMs) / NOISE_MS);
      this.#noise = this.#noise === null ? peak : this.#noise + weight * (peak - this.#noise);
    }
  }

  /** @param quietFromMs start of the first window that the model takes for silence */
  before(quietFromMs: number, windowMs: number): number {
    if (this.#levels.empty) return quietFromMs;
    const { usualMs, mostMs } = windowMs > LONGEST_V6_WINDOW_MS ? LAG.legacy : LAG.v6;
    const level = this.#endLevel;
    if (level !== null) {
      const end = this.#levels.lastAbove(level, quietFromMs - mostMs, quietFromMs + windowMs);
      // A sound that goes on is none of the speech.
      if (end !== null && end <= quietFromMs + windowMs - STILL_SOUNDING_MS) return end;
    }
    return quietFromMs - usualMs;
  }

  /** There is sound after `fromMs` that may be speech again. */
  soundAfter(fromMs: number): boolean {
    const level = this.#endLevel;
    return level === null || this.#levels.lastAbove(level, fromMs, Infinity) !== null;
  }

  /** Louder than this, it may be speech; null: the surroundings are so loud that the level says nothing. */
  get #endLevel(): number | null {
    const noise = (this.#noise ?? 0) * ABOVE_NOISE;
    return noise > this.#speech * DROWNED ? null : Math.max(this.#speech * END_OF_SPEECH, noise);
  }
}
