import type { TurnDetection } from '@vis-a-vis/protocol';
import type { RuleOptions, TurnPolicy } from './policy.js';

type SemanticVad = Extract<TurnDetection, { type: 'semantic_vad' }>;

interface Patience {
  /** The model counts as sure that the turn is over from this probability on. */
  readonly sureFrom: number;
  /** Silence (ms) that ends a turn of which the model is sure. */
  readonly shortestMs: number;
  /** Silence (ms) that ends any turn: as long as OpenAI's service waits at this eagerness. */
  readonly longestMs: number;
  /** Silence (ms) for a model that does not predict ends of turns, or has not said yet. */
  readonly silenceMs: number;
}

/** `auto` is `medium`, as in OpenAI's service. */
const MEDIUM: Patience = { sureFrom: 0.8, shortestMs: 150, longestMs: 4000, silenceMs: 500 };
const PATIENCE: Readonly<Record<SemanticVad['eagerness'], Patience>> = {
  low: { sureFrom: 0.9, shortestMs: 300, longestMs: 8000, silenceMs: 1000 },
  medium: MEDIUM,
  auto: MEDIUM,
  high: { sureFrom: 0.6, shortestMs: 100, longestMs: 2000, silenceMs: 300 },
};
/** Below this probability the model counts as sure that the turn is not over. */
const UNFINISHED_TO = 0.1;

const DETECTION = { threshold: 0.5, prefixPaddingMs: 300 } as const;

/**
 * The turn is over the sooner the more the model takes what was said for finished: between its two certainties the silence
 * grows by the same factor for each point of probability (docs/adr/0018).
 */
export function semanticVad(settings: SemanticVad, options: RuleOptions): TurnPolicy {
  const { silenceMs, ...patience } = PATIENCE[settings.eagerness];
  return {
    detection: { ...DETECTION, silenceDurationMs: silenceMs, ...options },
    createResponse: settings.create_response,
    interruptResponse: settings.interrupt_response,
    idleTimeoutMs: null,
    asksModel: true,
    silenceMs: (turnEnd) => (turnEnd === null ? silenceMs : silenceFor(turnEnd, patience)),
  };
}

function silenceFor(
  turnEnd: number,
  { sureFrom, shortestMs, longestMs }: Omit<Patience, 'silenceMs'>,
): number {
  const doubt = Math.min(1, Math.max(0, (sureFrom - turnEnd) / (sureFrom - UNFINISHED_TO)));
  return Math.round(shortestMs * (longestMs / shortestMs) ** doubt);
}
