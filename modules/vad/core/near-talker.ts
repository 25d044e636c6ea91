import { LONGEST_V6_WINDOW_MS } from './sound-end.js';

/** A window this much below the caller's own level is not his. */
const BELOW_CALLER_DB = 14;
/** Two windows of the caller's within this time (ms) are his speech; in between he may be as soft as he likes. A model that hears speech end later needs more. */
const RECENT_MS = { v6: 384, legacy: 960 } as const;
/** Speech (ms) that the caller's level is known from: the newest. */
const KEPT_MS = 3072;
/** Less (ms) says nothing about him. */
const ENOUGH_MS = 256;
/** His level is what every tenth of his windows exceeds. */
const LOUD_PART = 0.9;
/** Who has not been heard for this long (ms) may come back softer: by so much (dB) a second. */
const FORGETS_AFTER_MS = 20_000;
const FORGETS_DB_PER_S = 0.5;
/** Who speaks up behind somebody softer by this much (dB) is the caller; the other was none. */
const OUTSHINES_DB = 14;
/** Of who speaks up, most of them are that loud. */
const MOST = 0.3;

/** Speech that is not his for this long (ms) is others'; less may be a soft beginning. */
const OTHERS_FROM_MS = 320;
/** Others who were heard within this time (ms) are still there. */
const OTHERS_MS = 10_000;
/** Who begins after so much quiet (ms), where no others are about, may be the caller though he is softer than usual, by so much (dB) at the most. */
const QUIET_MS = 1000;
const SOFTER_THIS_TIME_DB = 18;
/** Among others, what is soft for longer than this (ms) at the end of his speech is theirs. */
const SOFT_END_MS = 160;

/** What is known of a caller, so that it can be gone back to. */
export interface CallerLevel {
  readonly peaks: readonly number[];
  readonly heardAtMs: number;
}

/**
 * Tells the caller's speech from that of others by its level: a television, people behind him, are speech to a model, but
 * far softer than he is. Nothing is known at first; from then on a window is his where it, and another shortly before, come
 * near to his level. He may say something softer than usual, too: others are told by their being heard about his speech, so
 * who begins in the quiet has more room. Levels are peaks (0..1), times ms on the media clock.
 */
export class NearTalker {
  #peaks: readonly number[] = [];
  #heardAtMs = -Infinity;
  /** Start of the windows in succession that are not his; null: the last one was his. */
  #farFromMs: number | null = null;
  #farToMs = -Infinity;
  /** When others were heard last. */
  #othersAtMs = -Infinity;
  #windowMs = LONGEST_V6_WINDOW_MS;
  /** End of the newest window that was speech, whoever's. */
  #voicedToMs = -Infinity;
  /** Who begins to speak may be the caller, softer than usual. */
  #mayBeSofter = false;
  /** His usual level, while he speaks softer than that; null: what is heard is his usual level. */
  #usual: CallerLevel | null = null;
  /** Ends of the newest two windows that were loud enough. */
  #strong: readonly [number, number] = [-Infinity, -Infinity];
  /** The caller's level, worked out when it changes. */
  #level: number | null = null;

  /** Nobody's speech is under way, and from here on there is some. */
  begins(startMs: number): void {
    if (startMs - this.#voicedToMs < QUIET_MS) return;
    if (this.#usual) this.#goBackTo(this.#usual);
    this.#mayBeSofter = startMs - this.#othersAtMs > OTHERS_MS;
  }

  /** A window that the model takes for speech. @returns it is the caller's */
  hears(peak: number, endMs: number, windowMs: number): boolean {
    this.#windowMs = windowMs;
    this.#voicedToMs = endMs;
    const least = this.#least(endMs, this.#mayBeSofter ? SOFTER_THIS_TIME_DB : BELOW_CALLER_DB);
    if (peak >= least) this.#strong = [this.#strong[1], endMs];
    const near =
      least === 0 || endMs - this.#strong[0] <= RECENT_MS[windowMs > LONGEST_V6_WINDOW_MS ? 'legacy' : 'v6'];
    if (!near) {
      this.#far(endMs, windowMs);
      return false;
    }
    this.#farFromMs = null;
    if (this.#mayBeSofter && peak < this.#least(endMs, BELOW_CALLER_DB)) {
      this.#usual = this.known;
      this.#peaks = [];
    }
    this.#mayBeSofter = false;
    // Who comes back after so long is got to know anew.
    if (this.#goneS(endMs) > 0) this.#peaks = [];
    this.#learn(peak, endMs);
    return true;
  }

  /**
   * The newest windows are so much louder than all before that only now the caller speaks: what was before is forgotten.
   * @returns how many windows are his; 0: there is no such thing
   */
  outshone(): number {
    const [before, now] = [this.#peaks.slice(0, -this.#enough), this.#peaks.slice(-this.#enough)];
    if (before.length < this.#enough) return 0;
    const louder = part(now, MOST) / Math.max(part(before, LOUD_PART), 1e-6);
    if (louder < 10 ** (OUTSHINES_DB / 20)) return 0;
    this.#othersAtMs = this.#heardAtMs;
    this.#usual = null;
    this.#peaks = now;
    this.#level = this.#levelOf(now);
    return this.#enough;
  }

  /** The latest that his speech can have ended, as others would be heard behind it; Infinity: nobody else is there. */
  get endsBeforeMs(): number {
    return this.#heardAtMs - this.#othersAtMs <= OTHERS_MS ? this.strongToMs + SOFT_END_MS : Infinity;
  }

  /** What is heard now is others', and no soft beginning of his. */
  get hearsOthers(): boolean {
    return this.#farFromMs !== null && this.#othersAtMs === this.#farToMs;
  }

  /** End of the last window that was loud enough; −Infinity: there was none. */
  get strongToMs(): number {
    return this.#strong[1];
  }

  /** The caller's level, dB of full scale; null: not known. */
  get levelDb(): number | null {
    return this.#level === null ? null : decibels(this.#level);
  }

  /** How loud the newest windows are (dB of full scale); null: there are none. */
  get newestDb(): number | null {
    return this.#peaks.length === 0 ? null : decibels(part(this.#peaks.slice(-this.#enough), LOUD_PART));
  }

  get known(): CallerLevel {
    return { peaks: this.#peaks, heardAtMs: this.#heardAtMs };
  }

  /** What was heard since then was not the caller. If it was far softer than he is, others are about. */
  disown(since: CallerLevel): void {
    if (this.#usual) this.#othersAtMs = this.#voicedToMs;
    this.#goBackTo(since);
  }

  #goBackTo({ peaks, heardAtMs }: CallerLevel): void {
    this.#usual = null;
    this.#peaks = peaks;
    this.#heardAtMs = heardAtMs;
    this.#level = this.#levelOf(peaks);
  }

  get #enough(): number {
    return Math.ceil(ENOUGH_MS / this.#windowMs);
  }

  #levelOf(peaks: readonly number[]): number | null {
    return peaks.length < this.#enough ? null : part(peaks, LOUD_PART);
  }

  /** Peaks from here on may be the caller's; 0: any may. */
  #least(nowMs: number, belowDb: number): number {
    if (this.#level === null) return 0;
    return this.#level * 10 ** (-(belowDb + this.#goneS(nowMs) * FORGETS_DB_PER_S) / 20);
  }

  /** For how long (s) the caller has been so quiet that he is being forgotten. */
  #goneS(nowMs: number): number {
    return Math.max(0, nowMs - this.#heardAtMs - FORGETS_AFTER_MS) / 1000;
  }

  #far(endMs: number, windowMs: number): void {
    const startMs = endMs - windowMs;
    if (this.#farFromMs === null || startMs - this.#farToMs > windowMs) this.#farFromMs = startMs;
    this.#farToMs = endMs;
    if (endMs - this.#farFromMs < OTHERS_FROM_MS) return;
    this.#othersAtMs = endMs;
    this.#mayBeSofter = false;
  }

  #learn(peak: number, endMs: number): void {
    this.#peaks = [...this.#peaks.slice(1 - Math.round(KEPT_MS / this.#windowMs)), peak];
    this.#heardAtMs = endMs;
    this.#level = this.#levelOf(this.#peaks);
    if (this.#usual && this.#peaks.length === this.#enough) this.#compare(this.#usual);
  }

  /** So much has been heard of who began softly. Where only his first sounds were soft, nothing is new. */
  #compare(usual: CallerLevel): void {
    const usualLevel = this.#levelOf(usual.peaks);
    if (
      this.#level === null ||
      usualLevel === null ||
      this.#level < usualLevel * 10 ** (-BELOW_CALLER_DB / 20)
    )
      return;
    this.#usual = null;
    this.#peaks = [...usual.peaks, ...this.#peaks].slice(-Math.round(KEPT_MS / this.#windowMs));
    this.#level = this.#levelOf(this.#peaks);
  }
}

function decibels(level: number): number {
  return 20 * Math.log10(Math.max(level, 1e-6));
}

/** What this part of the values does not exceed. */
function part(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0;
}
