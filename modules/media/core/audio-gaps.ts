import { opusTicks } from './opus-packet.js';

const MS = 48; // ticks of the 48 kHz RTP clock
/** Opus conceals in units of 2.5 ms. */
const UNIT = 120;
/** Beyond this much lost audio a concealer only hums: the rest is silence. */
const MAX_CONCEAL = 120 * MS;
/** Silence that is owed beyond this (ms) was never played because time was not moved on: it is left out. */
const MAX_FILL_MS = 10_000;
/** Time stamps that go back, or stand still, say nothing of a pause: the arrival clock does, from this on (ms). */
const UNSAID_PAUSE_MS = 250;
/** How far silence stays behind the arrival clock (ms): the jitter that the next packet may have. */
const MARGIN_MS = 80;
const FILL_STEP_MS = 20;
const LONG_SILENCE_MS = 1000;

/** What to do for the next `ticks` (48 kHz) of audio. */
export type AudioStep =
  | { readonly do: 'decode'; readonly payload: Uint8Array; readonly ticks: number }
  /** Recover lost audio from the redundancy in the packet after it. */
  | { readonly do: 'fec'; readonly payload: Uint8Array; readonly ticks: number }
  | { readonly do: 'conceal'; readonly ticks: number }
  | { readonly do: 'silence'; readonly ticks: number };

/** A packet in its order. */
export interface AudioPacket {
  readonly payload: Uint8Array;
  /** Extended RTP time stamp. */
  readonly extended: number;
  /** Packets lost directly before it. */
  readonly lostBefore: number;
  /** Silence (ms) that the arrival clock has room for before it: none, where it follows at once upon what was played. */
  readonly roomMs: number;
}

/**
 * Turns ordered Opus packets into gapless audio: lost packets are recovered or concealed, pauses become silence (the voice
 * activity detector must hear the silence to end the turn). Every packet is played, after what was played before.
 *
 * How long a pause was is told by the time stamps, less the silence that was played meanwhile, and never more than the
 * arrival clock has room for: a sender's clock may go on in a pause, stand still or jump.
 */
export class AudioGaps {
  /** The time stamp at which the stream goes on without a gap; null: whatever comes next begins it. */
  #next: number | null = null;
  /** Silence (ms) played since the last packet. */
  #filledMs = 0;
  #ticks = 0;
  #begun = false;

  /** Every turn that a silence ends has ended: its length is free. */
  get silentForLong(): boolean {
    return this.#filledMs > LONG_SILENCE_MS;
  }

  /** Silence (ms) that was played while no packet came. */
  get filledMs(): number {
    return this.#filledMs;
  }

  /** Length (ms) of the newest packet. */
  get packetMs(): number {
    return this.#ticks / MS;
  }

  /** The next packet is of another stream, or of one that begins anew: its time stamp says nothing. */
  restart(): void {
    this.#next = null;
  }

  /** @returns steps in order, or null where the packet is malformed */
  push({ payload, extended, lostBefore, roomMs }: AudioPacket): AudioStep[] | null {
    const ticks = opusTicks(payload);
    if (ticks === null) return null;
    const steps: AudioStep[] = [];
    const gap = this.#next === null ? null : extended - this.#next;
    const owed = Math.min(this.#owedMs(gap, roomMs), MAX_FILL_MS) * MS;
    const lost = gap === null || gap <= 0 ? 0 : Math.min(lostBefore * Math.max(ticks, this.#ticks), gap);
    addGap(steps, { payload, ticks, owed: owed - (owed % UNIT), lost: lost - (lost % UNIT) });
    steps.push({ do: 'decode', payload, ticks });
    this.#next = extended + ticks;
    this.#ticks = ticks;
    this.#filledMs = 0;
    this.#begun = true;
    return steps;
  }

  /**
   * Silence for the time in which no packet came.
   * @param waitedMs how long the next packet has been missing, if it comes as late as the one before
   * @param overdueMs the same, if it waits nowhere; a long silence is to end there
   * @param patienceMs how long it is waited for
   */
  idle({
    waitedMs,
    overdueMs,
    patienceMs,
  }: {
    waitedMs: number;
    overdueMs: number;
    patienceMs: number;
  }): AudioStep[] {
    const steps: AudioStep[] = [];
    if (!this.#begun || waitedMs <= patienceMs) return steps;
    const missing = () => (this.silentForLong ? overdueMs : waitedMs) - this.#filledMs;
    while (missing() > MARGIN_MS + FILL_STEP_MS) {
      steps.push({ do: 'silence', ticks: FILL_STEP_MS * MS });
      this.#filledMs += FILL_STEP_MS;
    }
    return steps;
  }

  #owedMs(gap: number | null, roomMs: number): number {
    const room = Math.max(0, roomMs);
    if (gap === null || gap < 0) return gap === null || room > UNSAID_PAUSE_MS ? room : 0;
    return Math.max(0, Math.min(gap / MS - this.#filledMs, room));
  }
}

/** @param lost of the gap, what packets were lost for; ticks */
function addGap(
  steps: AudioStep[],
  { payload, ticks, owed, lost }: { payload: Uint8Array; ticks: number; owed: number; lost: number },
): void {
  // What the packet itself holds of the one before was said, whatever the clocks say.
  const fec = Math.min(ticks, lost);
  const conceal = Math.max(0, Math.min(lost - fec, owed - fec, MAX_CONCEAL));
  const silence = owed - fec - conceal;
  if (conceal > 0) steps.push({ do: 'conceal', ticks: conceal });
  if (silence > 0) steps.push({ do: 'silence', ticks: silence });
  if (fec > 0) steps.push({ do: 'fec', payload, ticks: fec });
}
