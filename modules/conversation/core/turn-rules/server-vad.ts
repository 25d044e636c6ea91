import type { TurnDetection } from '@vis-a-vis/protocol';
import type { RuleOptions, TurnPolicy } from './policy.js';

type ServerVad = Extract<TurnDetection, { type: 'server_vad' }>;

/** The turn is over after a silence of fixed length, whatever was said. */
export function serverVad(settings: ServerVad, options: RuleOptions): TurnPolicy {
  const silenceDurationMs = settings.silence_duration_ms;
  return {
    detection: {
      threshold: settings.threshold,
      prefixPaddingMs: settings.prefix_padding_ms,
      silenceDurationMs,
      ...options,
    },
    createResponse: settings.create_response,
    interruptResponse: settings.interrupt_response,
    idleTimeoutMs: settings.idle_timeout_ms,
    asksModel: false,
    silenceMs: () => silenceDurationMs,
  };
}
