import type { SessionEvent } from '#modules/conversation';
import type { RemoteOptions } from '#modules/decoder';

/** The W3C trace context of the request that opens a call, as its headers say it; a stranger may have written it. */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Where a measurement is explained: a span that is exported. */
export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
}

/** The spans of one call. Nothing of it throws. */
export interface CallTrace {
  /**
   * What happens in the call; a turn's timing makes its spans.
   * @returns of a timing: the span of its turn; null: it is not sampled, or there is none
   */
  note(event: SessionEvent, firstSentAtMs: (responseId: string) => number | null): SpanReference | null;
  /** The call is over. Idempotent. */
  end(reason: string): void;
}

/** Where spans go. Left out of the gateway's wiring where nobody asked for traces: then nothing is computed. */
export interface Tracing {
  /** A call begins. @param from the request that opened it */
  call(id: string, from: TraceHeaders): CallTrace;
  /** Requests to inference servers: those of a call are spans of its turn, and say whose they are (`traceparent`). */
  readonly request: NonNullable<RemoteOptions['trace']>;
  /** Says for which call the running code works. */
  knowCall(current: () => string | undefined): void;
  /** What waits is exported, for a while at the most. */
  shutdown(): Promise<void>;
}

/** The two headers, of a request as Node has them. */
export function traceHeadersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): TraceHeaders {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { traceparent: one('traceparent'), tracestate: one('tracestate') };
}
