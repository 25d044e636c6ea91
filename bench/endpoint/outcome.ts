import type { SessionPatch } from '@vis-a-vis/protocol';
import { percentile } from '../../tools/support/statistics.js';
import type { Utterance } from './utterances.js';

/** Longer (ms) than any setting waits: an end that is not known by then counts as known then. */
export const GIVE_UP_MS = 10_000;
/** The share of cut-offs up to which settings are compared. */
export const MOST_CUT_OFF = 0.05;

export type TurnDetection = NonNullable<
  NonNullable<NonNullable<SessionPatch['audio']>['input']>['turn_detection']
>;

export interface Setting {
  readonly mode: 'server_vad' | 'semantic_vad';
  readonly setting: number | string;
  readonly detection: TurnDetection;
}

/** What became of one utterance: whether it was cut off before its end, and after how long (ms) that was known. */
export interface Outcome {
  readonly paused: boolean;
  readonly cutOff: boolean;
  readonly delayMs: number;
}

export interface Point {
  readonly mode: Setting['mode'];
  readonly setting: number | string;
  /** Of the questions with a pause inside. */
  readonly falseCutoffRate: number;
  /** From the true end of a question until its turn was over. */
  readonly delayMs: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p95: number | null;
  };
}

/** @param committed when turns were taken for over, ms from the beginning of the utterance */
export function outcomeOf({ pauseMs, endMs }: Utterance, committed: readonly number[]): Outcome {
  const known = committed.find((atMs) => atMs >= endMs) ?? endMs + GIVE_UP_MS;
  return {
    paused: pauseMs > 0,
    cutOff: committed.some((atMs) => atMs < endMs),
    delayMs: known - endMs,
  };
}

export function pointOf({ mode, setting }: Setting, outcomes: readonly Outcome[]): Point {
  const paused = outcomes.filter((outcome) => outcome.paused);
  const cutOff = paused.filter((outcome) => outcome.cutOff);
  const delays = outcomes.map(({ delayMs }) => delayMs);
  return {
    mode,
    setting,
    falseCutoffRate: paused.length > 0 ? cutOff.length / paused.length : 0,
    delayMs: {
      mean: delays.length > 0 ? delays.reduce((sum, ms) => sum + ms, 0) / delays.length : null,
      p50: percentile(delays, 50),
      p95: percentile(delays, 95),
    },
  };
}

/** The quickest on average of those settings that hardly ever cut off; null: there is none. */
export function bestOf(curve: readonly Point[], mode: Setting['mode']): Point | null {
  const sparing = curve.filter((point) => point.mode === mode && point.falseCutoffRate <= MOST_CUT_OFF);
  return sparing.toSorted((a, b) => (a.delayMs.mean ?? 0) - (b.delayMs.mean ?? 0))[0] ?? null;
}
