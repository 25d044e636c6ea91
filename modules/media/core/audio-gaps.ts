import { isDtx, opusTicks } from './opus-packet.js';

const MS = 48; // ticks of the 48 kHz RTP clock
/** Opus conceals in units of 2.5 ms. */
const CONCEAL_UNIT = 120;
/** Beyond this much lost audio a concealer only hums: the rest is silence. */
const MAX_CONCEAL = 120 * MS;
/** A gap beyond this is not filled: the stream goes on at its new time. */
const MAX_FILL = 3000 * MS;
/** How far the filled time stays behind the arrival clock: the jitter that a packet may have. */
const DTX_MARGIN_MS = 80;
/** A sender that stops without a word gets longer, so that a network stall does not cut words. */
const STALL_MARGIN_MS = 1000;
const FILL_STEP = 20 * MS;

/** What to do for the next `ticks` of audio, which begin at `extended` on the RTP clock. */
export type AudioStep =
  | { readonly do: 'decode'; readonly payload: Uint8Array; readonly extended: number; readonly ticks: number }
  /** Recover lost audio from the redundancy in the packet after it. */
  | { readonly do: 'fec'; readonly payload: Uint8Array; readonly extended: number; readonly ticks: number }
  | { readonly do: 'conceal'; readonly extended: number; readonly ticks: number }
  | { readonly do: 'silence'; readonly extended: number; readonly ticks: number };

/**
 * Turns ordered Opus packets into gapless audio: lost packets are recovered or concealed, pauses of discontinuous
 * transmission become silence (the voice activity detector must hear the silence to end the turn).
 */
export class AudioGaps {
  #expected: number | null = null;
  #paused = false;
  #filled = 0;

  /**
   * @param extended the packet's extended RTP time stamp
   * @param lostBefore packets lost directly before this one
   * @returns steps in order, or a drop: `malformed_payload`, or `late` where that time is already filled
   */
  push(
    payload: Uint8Array,
    extended: number,
    lostBefore: number,
  ): AudioStep[] | 'malformed_payload' | 'late' {
    const ticks = opusTicks(payload);
    if (ticks === null) return 'malformed_payload';
    const steps: AudioStep[] = [];
    const gap = this.#expected === null ? 0 : extended - this.#expected;
    if (gap < 0 && gap > -MAX_FILL && extended + ticks <= (this.#expected ?? 0)) return 'late';
    const fill = gap - (gap % CONCEAL_UNIT);
    if (fill > 0 && fill <= MAX_FILL) {
      this.#fillGap(steps, { payload, extended, gap: fill, ticks, lost: lostBefore > 0 });
    }
    steps.push({ do: 'decode', payload, extended, ticks });
    this.#expected = extended + ticks;
    this.#paused = isDtx(payload);
    this.#filled = 0;
    return steps;
  }

  /**
   * Silence for the time in which no packet came.
   * @param behindMs by how much the end of what was passed on is behind the arrival clock; asked with the end's time stamp
   */
  idle(behindMs: (extended: number) => number): AudioStep[] {
    const steps: AudioStep[] = [];
    if (this.#expected === null) return steps;
    const margin = this.#paused ? DTX_MARGIN_MS : STALL_MARGIN_MS;
    while (this.#filled < MAX_FILL && behindMs(this.#expected) > margin + FILL_STEP / MS) {
      steps.push({ do: 'silence', extended: this.#expected, ticks: FILL_STEP });
      this.#expected += FILL_STEP;
      this.#filled += FILL_STEP;
    }
    return steps;
  }

  #fillGap(
    steps: AudioStep[],
    p: { payload: Uint8Array; extended: number; gap: number; ticks: number; lost: boolean },
  ): void {
    const start = p.extended - p.gap;
    if (!p.lost) {
      steps.push({ do: 'silence', extended: start, ticks: p.gap });
      return;
    }
    const fec = Math.min(p.ticks, p.gap);
    const conceal = Math.min(p.gap - fec, MAX_CONCEAL);
    const silence = p.gap - fec - conceal;
    if (conceal > 0) steps.push({ do: 'conceal', extended: start, ticks: conceal });
    if (silence > 0) steps.push({ do: 'silence', extended: start + conceal, ticks: silence });
    steps.push({ do: 'fec', payload: p.payload, extended: p.extended - fec, ticks: fec });
  }
}
