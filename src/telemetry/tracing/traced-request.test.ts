import { ROOT_CONTEXT, TraceFlags, trace, type Context } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { requestTracer } from './traced-request.js';

// Real: the SDK, with its spans kept in memory. That requests are told of it: test/e2e/traces.test.ts.

describe('requestTracer', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  const turn = tracer.startSpan('turn');
  let parent: Context | null;
  const ask = requestTracer(tracer, () => parent);
  const begin = () => ask('http://127.0.0.1:8000/v1/chat/completions?key=secret')!;
  const last = () => exporter.getFinishedSpans().at(-1);

  beforeEach(() => {
    exporter.reset();
    parent = trace.setSpan(ROOT_CONTEXT, turn);
  });

  it('has a span until the end of the answer, and tells the server of it', () => {
    const request = begin();
    request.answered(200);
    request.begun();
    expect(last()).toBeUndefined();
    request.end();
    const { traceId, spanId } = last()!.spanContext();
    expect(request.headers).toEqual({ traceparent: `00-${traceId}-${spanId}-0${TraceFlags.SAMPLED}` });
    expect(last()?.parentSpanContext?.spanId).toBe(turn.spanContext().spanId);
    expect(last()?.name).toBe('POST /v1/chat/completions');
    expect(last()?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': 8000,
      'url.path': '/v1/chat/completions',
    });
    expect(JSON.stringify(last()?.attributes)).not.toContain('secret');
    expect(last()?.events.map(({ name }) => name)).toEqual(['first_bytes']);
  });

  it('marks what is refused and what breaks off', () => {
    const refused = begin();
    refused.answered(503);
    refused.end();
    expect(last()?.attributes['error.type']).toBe('503');
    const broken = begin();
    broken.failed(new TypeError('x'));
    broken.end();
    expect(last()?.attributes['error.type']).toBe('TypeError');
  });

  it('leaves alone what is no call’s', () => {
    parent = null;
    expect(ask('http://127.0.0.1:8000/v1/chat/completions')).toBeNull();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
