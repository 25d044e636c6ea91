import type { SessionEvent } from '#modules/conversation';
import type { Metrics } from '../telemetry/metrics.js';
import type { SpanReference } from '../telemetry/tracing/tracing.js';
import { turnLatency } from './core/vendor-mapper.js';

/** What has happened, and where; `span` explains it, where it is traced. */
export interface Counted {
  readonly callId: string;
  readonly event: SessionEvent;
  readonly span: SpanReference | null;
}

/**
 * What an operator is to know of a session event.
 * @param firstSentAtMs when the first text of a response left (gateway clock); null: none did
 */
export function countEvent(
  metrics: Metrics,
  { callId, event, span }: Counted,
  firstSentAtMs: (responseId: string) => number | null,
): void {
  switch (event.type) {
    case 'error':
      return metrics.error(event.error.code);
    case 'part_lost':
      metrics.error('part_lost');
      return metrics.lost(event.part);
    case 'frame_dropped':
      return metrics.drop(event.reason);
    case 'response_done':
      return metrics.turn(event.response.status);
    case 'speculation_ended':
      return metrics.speculation(event);
    case 'context_receipt':
      return metrics.context(callId, event.tokens);
    case 'turn_timing':
      return metrics.latency(turnLatency(event, firstSentAtMs(event.responseId)), span);
    default:
      return;
  }
}
