import type { TurnDetection } from '@vis-a-vis/protocol';
import type { RuleOptions, TurnPolicy } from './policy.js';

type SemanticVad = Extract<TurnDetection, { type: 'semantic_vad' }>;

interface Patience {
  /** Silence (ms) that ends a turn which the model is sure is over. */
  readonly shortestMs: number;
  /** Silence (ms) that ends any turn; OpenAI's service waits up to 8, 4 and 2 s. */
  readonly longestMs: number;
  /** Up to this probability the model counts as in doubt. */
  readonly doubted: number;
  /** Silence (ms) for a model that does not predict ends of turns, or has not said yet. */
  readonly silenceMs: number;
}

/** `auto` is `medium`, as in OpenAI's service. */
const MEDIUM: Patience = { shortestMs: 300, longestMs: 1800, doubted: 0.2, silenceMs: 500 };
const PATIENCE: Readonly<Record<SemanticVad['eagerness'], Patience>> = {
  low: { shortestMs: 500, longestMs: 2000, doubted: 0.7, silenceMs: 1000 },
  medium: MEDIUM,
  auto: MEDIUM,
  high: { shortestMs: 100, longestMs: 1700, doubted: 0.1, silenceMs: 300 },
};
/** From this probability on the model counts as sure that the turn is over: of pauses inside of questions one in eleven reaches it. */
const FINISHED = 0.9;

/** From this much speech (ms) on a turn may be over at once. */
const OPENING_MS = 1250;
const LONGEST_OPENING_PAUSE_MS = 750;

const DETECTION = { threshold: 0.5, prefixPaddingMs: 300 } as const;

/**
 * The turn is over the sooner the more the model takes what was said for finished: between its two certainties the silence
 * grows by the same factor for each power of the odds against it (docs/adr/0096).
 */
export function semanticVad(settings: SemanticVad, options: RuleOptions): TurnPolicy {
  const { silenceMs, ...patience } = PATIENCE[settings.eagerness];
  return {
    detection: { ...DETECTION, silenceDurationMs: silenceMs, ...options },
    createResponse: settings.create_response,
    interruptResponse: settings.interrupt_response,
    idleTimeoutMs: null,
    asksModel: true,
    silenceMs: (turnEnd, speechMs) =>
      Math.max(turnEnd === null ? silenceMs : silenceFor(turnEnd, patience), silenceAfter(speechMs)),
  };
}

/** So little is rarely all: "hello," or "so," is followed by what is to be said, after a pause of up to this long (ms). */
function silenceAfter(speechMs: number): number {
  return Math.min(LONGEST_OPENING_PAUSE_MS, Math.max(0, OPENING_MS - speechMs));
}

function silenceFor(
  turnEnd: number,
  { shortestMs, longestMs, doubted }: Omit<Patience, 'silenceMs'>,
): number {
  const doubt = (logOdds(FINISHED) - logOdds(turnEnd)) / (logOdds(FINISHED) - logOdds(doubted));
  return Math.round(shortestMs * (longestMs / shortestMs) ** Math.min(1, Math.max(0, doubt)));
}

function logOdds(probability: number): number {
  return Math.log(probability / (1 - probability));
}
