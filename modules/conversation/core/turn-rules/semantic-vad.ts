import type { TurnDetection } from '@vis-a-vis/protocol';
import type { RuleOptions, TurnPolicy } from './policy.js';

type SemanticVad = Extract<TurnDetection, { type: 'semantic_vad' }>;

interface Patience {
  /** The model counts as sure that the turn is over from this probability on. */
  readonly sureFrom: number;
  /** Silence (ms) that ends a turn of which the model is sure. */
  readonly sureMs: number;
  /** Silence (ms) that ends a turn which the model takes for unfinished. */
  readonly unsureMs: number;
  /** Silence (ms) for a model that does not predict ends of turns. */
  readonly silenceMs: number;
}

/** `auto` is `medium`, as in OpenAI's service. */
const MEDIUM: Patience = { sureFrom: 0.6, sureMs: 150, unsureMs: 1200, silenceMs: 500 };
const PATIENCE: Readonly<Record<SemanticVad['eagerness'], Patience>> = {
  low: { sureFrom: 0.8, sureMs: 300, unsureMs: 2000, silenceMs: 1000 },
  medium: MEDIUM,
  auto: MEDIUM,
  high: { sureFrom: 0.4, sureMs: 100, unsureMs: 800, silenceMs: 300 },
};

const DETECTION = { threshold: 0.5, prefixPaddingMs: 300 } as const;

/**
 * The turn is over soon where the model takes what was said for finished, and later where it does not. A model that
 * does not say leaves a silence for each eagerness.
 */
export function semanticVad(settings: SemanticVad, options: RuleOptions): TurnPolicy {
  const { sureFrom, sureMs, unsureMs, silenceMs } = PATIENCE[settings.eagerness];
  return {
    detection: { ...DETECTION, silenceDurationMs: silenceMs, ...options },
    createResponse: settings.create_response,
    interruptResponse: settings.interrupt_response,
    idleTimeoutMs: null,
    asksModel: true,
    silenceMs: (turnEnd) => (turnEnd === null ? silenceMs : turnEnd >= sureFrom ? sureMs : unsureMs),
  };
}
