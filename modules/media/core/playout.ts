import { SAMPLE_RATE } from '#modules/contracts';

import { DelayFloor } from './delay-floor.js';

const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** Off the arrival clock by more than this (ms), the timeline is steered back, until it is off by less than the other. */
const STEER_FROM_MS = 40;
const STEER_TO_MS = 10;
/** By how much (share) sound is stretched or shortened to get there: nobody hears a fiftieth. */
const MAX_STRETCH = 0.02;
/** The same where nobody has spoken for a while. */
const MAX_STRETCH_QUIET = 0.25;
/** Time (ms) in which a difference is to be steered away, where the stretch is not at its most. */
const STEER_OVER_MS = 2000;
const STEER_OVER_QUIET_MS = 200;

/**
 * The session's audio timeline: sound is put at its end, and nowhere else. So whatever clocks and networks do, its times
 * are without gap or overlap, to the sample, and nothing that came is left out. How far it is off the arrival clock is
 * watched, and made good by silences where there are some, else by stretching sound a little.
 */
export class Playout {
  readonly #floor = new DelayFloor();
  /** Media time of the first sample, in samples; null before it. */
  #start: number | null = null;
  #length = 0;
  #steering = false;

  get started(): boolean {
    return this.#start !== null;
  }

  /** Media time (ms) of the sound that is put here next. */
  get endMs(): number {
    return ((this.#start ?? 0) + this.#length) / SAMPLES_PER_MS;
  }

  /** By how much (ms) the timeline is behind the arrival clock; negative: ahead of it. */
  get behindMs(): number {
    return this.#floor.ms ?? 0;
  }

  /** When (arrival clock, ms) what belongs at `endMs` comes, if it waits nowhere. */
  get dueAtMs(): number {
    return this.endMs + this.behindMs;
  }

  /** So much more silence (ms; negative: less) is put here than passed: the timeline is as much nearer to the arrival clock. */
  caughtUp(ms: number): void {
    this.#floor.shift(-ms);
  }

  /** A packet came whose sound is put here next: the first of all says when the timeline begins. */
  arrived(nowMs: number): void {
    this.#start ??= Math.round(nowMs * SAMPLES_PER_MS);
    this.#floor.observe(nowMs - this.endMs, nowMs);
    const offMs = Math.abs(this.behindMs);
    if (offMs > STEER_FROM_MS) this.#steering = true;
    if (offMs < STEER_TO_MS) this.#steering = false;
  }

  /**
   * @param pcm 16 kHz mono
   * @param quiet nobody has spoken for a while
   * @returns what is heard, and its media time (ms)
   */
  append(pcm: Float32Array, quiet = false): { readonly pcm: Float32Array; readonly ptsMs: number } {
    const ptsMs = this.endMs;
    const heard = this.#steering ? stretched(pcm, this.#stretch(pcm.length, quiet)) : pcm;
    this.#length += heard.length;
    this.#floor.shift((pcm.length - heard.length) / SAMPLES_PER_MS);
    return { pcm: heard, ptsMs };
  }

  /** Samples by which `length` samples grow (or shrink) towards the arrival clock. */
  #stretch(length: number, quiet: boolean): number {
    const most = quiet ? MAX_STRETCH_QUIET : MAX_STRETCH;
    const share = Math.max(
      -most,
      Math.min(most, this.behindMs / (quiet ? STEER_OVER_QUIET_MS : STEER_OVER_MS)),
    );
    return Math.trunc(length * share);
  }
}

/** The same sound in more or fewer samples. */
function stretched(pcm: Float32Array, by: number): Float32Array {
  const length = pcm.length + by;
  if (by === 0 || pcm.length < 2 || length < 2) return pcm;
  const out = new Float32Array(length);
  const step = (pcm.length - 1) / (length - 1);
  for (let to = 0; to < length; to += 1) {
    const at = to * step;
    const from = Math.min(Math.floor(at), pcm.length - 2);
    const left = pcm[from] ?? 0;
    out[to] = left + (at - from) * ((pcm[from + 1] ?? 0) - left);
  }
  return out;
}
