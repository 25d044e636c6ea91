import type { TurnDetection } from '@vis-a-vis/protocol';

/** What the voice activity detector needs to know; ms, and a probability. */
export interface DetectionSettings {
  readonly threshold: number;
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
}

/** How turns begin and end in a session. */
export interface TurnPolicy {
  readonly detection: DetectionSettings;
  /** Answer at the end of speech without being asked to. */
  readonly createResponse: boolean;
  /** Speech during an answer cancels it. */
  readonly interruptResponse: boolean;
}

/**
 * Silence (ms) that stands for an eagerness. `semantic_vad` has no model of turn ends yet: until it does, an eager
 * session merely waits for a shorter silence.
 */
const SILENCE_BY_EAGERNESS = { low: 1000, medium: 500, auto: 500, high: 300 } as const;

/** @returns null for manual turn detection. */
export function turnPolicy(turnDetection: TurnDetection): TurnPolicy | null {
  if (turnDetection === null) return null;
  const { create_response: createResponse, interrupt_response: interruptResponse } = turnDetection;
  const detection: DetectionSettings =
    turnDetection.type === 'server_vad'
      ? {
          threshold: turnDetection.threshold,
          prefixPaddingMs: turnDetection.prefix_padding_ms,
          silenceDurationMs: turnDetection.silence_duration_ms,
        }
      : {
          threshold: 0.5,
          prefixPaddingMs: 300,
          silenceDurationMs: SILENCE_BY_EAGERNESS[turnDetection.eagerness],
        };
  return { detection, createResponse, interruptResponse };
}
