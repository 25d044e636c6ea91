import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { tracedFetch } from './traced-fetch.js';

// Real: HTTP over loopback, and the SDK, with its spans kept in memory.

describe('tracedFetch', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  const turn = tracer.startSpan('turn');
  let parent: Context | null;
  let seen: IncomingHttpHeaders = {};
  let server: Server;
  let url: string;
  const ask = tracedFetch(tracer, () => parent);
  const post = (path: string, signal?: AbortSignal) =>
    ask(`${url}${path}?key=secret`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: '{}',
      ...(signal && { signal }),
    });
  const [spans, last] = [() => exporter.getFinishedSpans(), () => exporter.getFinishedSpans().at(-1)];

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen = request.headers;
      if (request.url?.startsWith('/full')) response.writeHead(503).end('full');
      else if (request.url?.startsWith('/hang')) response.write('first');
      else response.end('said');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    exporter.reset();
    parent = trace.setSpan(ROOT_CONTEXT, turn);
  });

  it('has a span until the end of the answer, and tells the server of it', async () => {
    const response = await post('/v1/chat');
    expect(spans()).toEqual([]);
    expect(await response.text()).toBe('said');
    const { traceId, spanId } = last()?.spanContext() ?? {};
    expect(seen).toMatchObject({ authorization: 'Bearer x', traceparent: `00-${traceId}-${spanId}-01` });
    expect(last()?.parentSpanContext?.spanId).toBe(turn.spanContext().spanId);
    expect(last()?.attributes).toMatchObject({ 'http.response.status_code': 200, 'url.path': '/v1/chat' });
    expect(JSON.stringify(last()?.attributes)).not.toContain('secret');
    expect(last()?.events.map(({ name }) => name)).toEqual(['first_bytes']);
  });

  it('marks what is refused, what breaks off, and what cannot be reached', async () => {
    const refused = await post('/full');
    expect([refused.status, await refused.text()]).toEqual([503, 'full']);
    expect(last()?.attributes['error.type']).toBe('503');
    const abort = new AbortController();
    const hanging = await post('/hang', abort.signal);
    const reading = hanging.text();
    abort.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(last()?.attributes['error.type']).toBe('AbortError');
    await expect(ask('http://127.0.0.1:1/', { method: 'POST' })).rejects.toThrow('fetch failed');
    expect([spans().length, last()?.attributes['error.type']]).toEqual([3, 'TypeError']);
  });

  it('ends with whoever leaves in the middle', async () => {
    const response = await post('/hang');
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(spans()).toHaveLength(1);
  });

  it('leaves alone what is no call’s, and what asks for nothing', async () => {
    await (await ask(`${url}/v1/models`)).text();
    parent = null;
    await (await post('/v1/chat')).text();
    expect(spans()).toEqual([]);
    expect(seen.traceparent).toBeUndefined();
  });
});
