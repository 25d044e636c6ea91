import { SpanKind, SpanStatusCode, type Context, type Span, type Tracer } from '@opentelemetry/api';

/**
 * `fetch`, whose POSTs for a call are spans that end with the body of their answer. What the server computes for it may join by the
 * W3C trace context that it is sent.
 * @param parent of what is asked now; null: it is no call's
 */
export function tracedFetch(tracer: Tracer, parent: () => Context | null): typeof fetch {
  return async (input, init) => {
    const context = init?.method === 'POST' ? parent() : null;
    if (context === null) return fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
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
    try {
      const response = await fetch(input, { ...init, headers: withParent(init?.headers, span) });
      return watched(response, span);
    } catch (error) {
      failed(span, error);
      span.end();
      throw error;
    }
  };
}

function withParent(headers: RequestInit['headers'], span: Span): Headers {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const all = new Headers(headers);
  all.set('traceparent', `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`);
  const state = traceState?.serialize();
  if (state !== undefined && state !== '') all.set('tracestate', state);
  return all;
}

function watched(response: Response, span: Span): Response {
  const { status, statusText, headers, body } = response;
  span.setAttribute('http.response.status_code', status);
  if (status >= 400) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  if (body === null) {
    span.end();
    return response;
  }
  return new Response(ReadableStream.from(chunks(body, span)), { status, statusText, headers });
}

/** Whoever leaves it, or has it fail, ends the span. */
async function* chunks(body: ReadableStream<Uint8Array>, span: Span): AsyncGenerator<Uint8Array> {
  let first = true;
  try {
    for await (const chunk of body) {
      if (first) span.addEvent('first_bytes');
      first = false;
      yield chunk;
    }
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function failed(span: Span, error: unknown): void {
  const named = typeof error === 'object' && error !== null && 'name' in error;
  span.setAttribute('error.type', named ? String(error.name) : 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
}
