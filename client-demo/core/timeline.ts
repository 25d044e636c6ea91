import type { TurnTimingEvent } from '@vis-a-vis/protocol';

/** What one row of the timeline tells of; all but `rolledBack` is drawn where and as long as it was. */
export type RowKind = 'speech' | 'pause' | 'ahead' | 'rolledBack' | 'first' | 'answer' | 'reading';

export interface Row {
  readonly kind: RowKind;
  /** Fractions of the whole, 0..1; null: it did not happen, or (`rolledBack`) the gateway does not say when. */
  readonly place: { readonly left: number; readonly width: number } | null;
  /** How long it took; null: it did not happen. */
  readonly ms: number | null;
}

export interface Tick {
  readonly left: number;
  /** Since the beginning of the turn. */
  readonly ms: number;
}

export interface Timeline {
  /** From the beginning of the turn to its end. */
  readonly ms: number;
  readonly rows: readonly Row[];
  readonly ticks: readonly Tick[];
  /** Where the turn was confirmed, 0..1. */
  readonly confirmed: number;
  readonly rolledBack: { readonly times: number; readonly tokens: number };
}

/** One turn, as the gateway and the SDK tell of it; instants are on the call's media clock (ms). */
export interface TurnTimes {
  readonly timing: TurnTimingEvent;
  /** While the person spoke; null: nobody did. */
  readonly speech: { readonly fromMs: number; readonly toMs: number } | null;
  /** A voice read the answer. */
  readonly reading: { readonly fromMs: number; readonly toMs: number } | null;
}

const MAX_TICKS = 6;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000];

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Draws a turn to scale: everything on one axis, from the first word to the last thing that was done for it. */
export function timelineOf({ timing, speech, reading }: TurnTimes): Timeline {
  const { commit_ms, first_sent_ms, done_ms } = timing;
  const stretches: Readonly<Record<Exclude<RowKind, 'rolledBack'>, Stretch | null>> = {
    speech: speech && stretch(speech.fromMs, speech.toMs),
    pause: speech && stretch(speech.toMs, commit_ms),
    ahead: aheadOf(timing),
    first: first_sent_ms === null ? null : stretch(commit_ms, first_sent_ms),
    answer: first_sent_ms === null ? null : stretch(first_sent_ms, done_ms),
    reading: reading && stretch(reading.fromMs, reading.toMs),
  };
  const there = Object.values(stretches).filter((one) => one !== null);
  const fromMs = Math.min(commit_ms, ...there.map((one) => one.fromMs));
  // At least a millisecond, so that there is something to divide by.
  const ms = Math.max(1, Math.max(done_ms, ...there.map((one) => one.toMs)) - fromMs);
  const at = (instantMs: number): number => (instantMs - fromMs) / ms;
  const row = (kind: Exclude<RowKind, 'rolledBack'>): Row => {
    const one = stretches[kind];
    if (one === null) return { kind, place: null, ms: null };
    const tookMs = one.toMs - one.fromMs;
    return { kind, place: { left: at(one.fromMs), width: tookMs / ms }, ms: tookMs };
  };
  const { tries = 0, used = false, wasted_tokens: tokens = 0 } = timing.speculation ?? {};
  return {
    ms,
    rows: [
      row('speech'),
      row('pause'),
      row('ahead'),
      { kind: 'rolledBack', place: null, ms: null },
      row('first'),
      row('answer'),
      row('reading'),
    ],
    ticks: ticksOf(ms),
    confirmed: at(commit_ms),
    rolledBack: { times: Math.max(0, tries - (used ? 1 : 0)), tokens },
  };
}

/** The answer was begun in the pause, and kept back until the turn was confirmed. `gain_ms` counts from its beginning. */
function aheadOf({ speculation, first_token_ms, commit_ms }: TurnTimingEvent): Stretch | null {
  if (!speculation?.used) return null;
  const fromMs = Math.min(first_token_ms ?? commit_ms, commit_ms) - speculation.gain_ms;
  return stretch(fromMs, commit_ms);
}

/** Clocks are tied to each other within some milliseconds: nothing ends before it began. */
function stretch(fromMs: number, toMs: number): Stretch {
  return { fromMs, toMs: Math.max(fromMs, toMs) };
}

function ticksOf(ms: number): Tick[] {
  const step = STEPS.find((one) => ms / one <= MAX_TICKS) ?? Math.ceil(ms / MAX_TICKS / 60_000) * 60_000;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, n) => ({
    ms: n * step,
    left: (n * step) / ms,
  }));
}

/** What a tick says: `0`, `200 ms`, `1.5 s` */
export function tickLabel(ms: number): string {
  return ms === 0 ? '0' : ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** `3 ms`, `1.42 s` */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
