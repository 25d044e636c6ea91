import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import type { ServerEvent } from '@vis-a-vis/protocol';
import { FakeChatServer } from '../../modules/decoder/testing/remote/fake-chat-server.js';
import { CALL_FOLDER, readCallScript } from '../../tools/support/call-script.js';
import { SpanCollector, type CollectedSpan } from '../support/span-collector.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(120_000);

// Real: the built gateway, WebRTC, camera and microphone, the SDK of OpenTelemetry and its exporter. Made up: the inference server, the collector.

/** The event's times are rounded to tenths of a millisecond. */
const ROUNDED_MS = 0.25;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

async function until<T>(find: () => T | undefined, what: string): Promise<T> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const found = find();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`it never came to ${what}`);
}

describe('traces', () => {
  let server: FakeChatServer;
  let collector: SpanCollector;
  let gateway: Gateway;
  const fetchBefore = globalThis.fetch;

  beforeAll(async () => {
    server = await FakeChatServer.start();
    collector = await SpanCollector.start();
    gateway = await Gateway.start({
      VISAVIS_ENGINE: 'remote',
      VISAVIS_ENGINE_URL: server.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=secret',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
  });

  afterAll(async () => {
    globalThis.fetch = fetchBefore;
    await gateway?.stop();
    await server?.kill();
    collector?.close();
  });

  it('hold the tree of a turn, of the stamps of visavis.turn.timing, in the trace of the offer', async () => {
    globalThis.fetch = (input, init) =>
      fetchBefore(input, {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), traceparent: `00-${TRACE}-${PARENT}-01` },
      });
    const script = await readCallScript(CALL_FOLDER);
    const call = await connectNode({
      url: gateway.url,
      video: script.video,
      session: { visavis: { events: ['turn.timing'] } },
    });
    const events: ServerEvent[] = [];
    call.on('event', (event) => void events.push(event));
    await call.speak(script.questions[0]!.clip);
    const timing = await until(
      () => events.find((event) => event.type === 'visavis.turn.timing'),
      'the timing of a turn',
    );
    const turn = await until(
      () =>
        collector.spans.find(
          ({ name, attributes }) =>
            name === 'turn' && attributes['visavis.response.id'] === timing.response_id,
        ),
      'the span of that turn',
    );
    const openMetrics = await fetchBefore(`${gateway.url}metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0' },
    });
    const exemplars = await openMetrics.text();
    await call.close();
    const ended = await until(
      () => collector.spans.find(({ name }) => name === 'call'),
      'the end of the call',
    );

    expect([ended.traceId, ended.parentSpanId]).toEqual([TRACE, PARENT]);
    expect(turn).toMatchObject({ traceId: TRACE, parentSpanId: ended.spanId });
    expect(turn.attributes).toMatchObject({
      'visavis.response.status': 'completed',
      'visavis.item.id': timing.item_id,
      'visavis.turn.frames_attended': timing.frames_attended,
      'gen_ai.usage.output_tokens': timing.output_tokens,
    });
    expect(exemplars).toContain(`trace_id="${TRACE}",span_id="${turn.spanId}"`);

    // The event's instants, on the clock of the spans.
    const at = (ms: number | null) => turn.startMs + (ms ?? NaN) - (timing.speech_end_ms ?? NaN);
    const inside = (parent: CollectedSpan, name: string): CollectedSpan => {
      const spans = collector.spans.filter(
        (span) => span.parentSpanId === parent.spanId && span.name === name,
      );
      expect([name, spans.length]).toEqual([name, 1]);
      return spans[0]!;
    };
    const covers = (span: CollectedSpan, startMs: number, endMs: number): void => {
      expect([span.name, Math.abs(span.startMs - startMs) < ROUNDED_MS]).toEqual([span.name, true]);
      expect([span.name, Math.abs(span.endMs - endMs) < ROUNDED_MS]).toEqual([span.name, true]);
    };
    const attended = at(timing.commit_ms) + (timing.prefill_ms ?? NaN);
    const begun = Math.min(attended, at(timing.first_token_ms));
    covers(turn, at(timing.speech_end_ms), Math.max(at(timing.done_ms), at(timing.first_sent_ms)));
    covers(inside(turn, 'turn.endpointing'), at(timing.speech_end_ms), at(timing.vad_end_ms));
    covers(inside(turn, 'turn.decision'), at(timing.vad_end_ms), at(timing.commit_ms));
    covers(inside(turn, 'turn.prefill'), at(timing.commit_ms), attended);
    const generation = inside(turn, 'turn.generation');
    covers(generation, begun, at(timing.done_ms));
    covers(inside(generation, 'turn.held'), at(timing.first_token_ms), at(timing.first_sent_ms));

    // What was asked of the server for it is inside, and the server was told so.
    const requests = collector.spans.filter(
      (span) => span.parentSpanId === turn.spanId && span.name.startsWith('POST '),
    );
    expect(requests.length).toBeGreaterThan(0);
    const told = server.requests.map(({ headers }) => headers.traceparent);
    for (const { spanId, attributes } of requests) {
      expect(told).toContain(`00-${TRACE}-${spanId}-01`);
      expect(attributes).toMatchObject({ 'server.address': '127.0.0.1' });
    }
    // No span is without its parent.
    const ids = new Set(collector.spans.map(({ spanId }) => spanId));
    for (const { parentSpanId } of collector.spans)
      expect(parentSpanId === PARENT || ids.has(parentSpanId)).toBe(true);
    expect(collector.requests[0]).toMatchObject({ 'x-token': 'secret' });
    expect(collector.resource).toEqual({ 'service.name': 'vis-a-vis', 'deployment.environment': 'test' });
  });
});
