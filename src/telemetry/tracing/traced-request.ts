import { SpanKind, SpanStatusCode, type Context, type Span, type Tracer } from '@opentelemetry/api';
import type { RemoteOptions } from '#modules/decoder';

type Trace = NonNullable<RemoteOptions['trace']>;

/**
 * Makes a span of each request for a call, which ends with the body of its answer. What the server computes for it may join by the W3C
 * trace context that it is sent.
 * @param parent of what is asked now; null: it is no call's
 */
export function requestTracer(tracer: Tracer, parent: () => Context | null): Trace {
  return (address) => {
    const context = parent();
    if (context === null) return null;
    const url = new URL(address);
    const span = tracer.startSpan(
      `POST ${url.pathname}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': 'POST',
          'server.address': url.hostname,
          'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
          'url.path': url.pathname,
        },
      },
      context,
    );
    return {
      headers: parentHeaders(span),
      answered: (status) => {
        span.setAttribute('http.response.status_code', status);
        if (status >= 400) failed(span, String(status));
      },
      begun: () => void span.addEvent('first_bytes'),
      failed: (error) => failed(span, nameOf(error)),
      end: () => span.end(),
    };
  };
}

function parentHeaders(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const state = traceState?.serialize() ?? '';
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    ...(state !== '' && { tracestate: state }),
  };
}

function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : 'unknown';
}
