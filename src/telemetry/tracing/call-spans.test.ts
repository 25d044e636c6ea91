import { ROOT_CONTEXT, trace, type Tracer } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  AlwaysOnSampler,
  RandomIdGenerator,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import type { SessionEvent, TurnTiming } from '#modules/conversation';
import { CallSpans, LONGEST_SPAN_MS } from './call-spans.js';

// Real: the SDK, with its spans kept in memory. Made up: the clock and the stamps.

const TYPED: TurnTiming = {
  type: 'turn_timing',
  responseId: 'resp_1',
  itemId: null,
  speechEndMs: null,
  lastSpeechPacketAtMs: null,
  vadEndAtMs: null,
  commitAtMs: 1000,
  prefillMs: 10,
  firstTokenAtMs: 1020,
  doneAtMs: 1100,
  clockOffsetMs: null,
  framesAttended: 0,
  outputTokens: 3,
  speculation: null,
};
const FAILED = {
  type: 'response_done',
  response: { status: 'failed', error: { code: 'engine_failed' } },
} as unknown as SessionEvent;
const FROM = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';

function setUp(from?: string) {
  const exporter = new InMemorySpanExporter();
  let forced: string | null = null;
  class Ids extends RandomIdGenerator {
    override generateSpanId = () => {
      const id = forced ?? random.generateSpanId();
      forced = null;
      return id;
    };
  }
  const random = new RandomIdGenerator();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    idGenerator: new Ids(),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer: Tracer = provider.getTracer('test');
  const clock = { now: 500, nowMs: () => clock.now };
  const makers = {
    tracer,
    clock,
    wallMs: () => 1_800_000_000_000 + clock.now,
    newSpanId: () => random.generateSpanId(),
    forceSpanId: (id: string) => void (forced = id),
  };
  const parent = parseTraceParent(from ?? '');
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
  const spans = new CallSpans('rtc_1', makers, context);
  return { spans, clock, tracer, ended: () => exporter.getFinishedSpans() };
}

const named = (spans: ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === name);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0] as ReadableSpan;
};
const nobody = () => null;

describe('CallSpans', () => {
  it('has turns inside of the call, and the call inside of the request that opened it', () => {
    const { spans, clock, ended } = setUp(`${FROM}-01`);
    const reference = spans.note(TYPED, () => 1021);
    clock.now = 2000;
    spans.end('hangup');
    const call = named(ended(), 'call');
    const turn = named(ended(), 'turn');
    expect(call.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(call.attributes).toEqual({ 'visavis.call.id': 'rtc_1', 'visavis.call.end_reason': 'hangup' });
    expect(call.startTime).toEqual([1_800_000_000, 500_000_000]);
    expect(call.endTime).toEqual([1_800_000_002, 0]);
    expect(turn.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect(turn.spanContext()).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: reference?.spanId,
    });
    expect(named(ended(), 'turn.held').parentSpanContext?.spanId).toBe(
      named(ended(), 'turn.generation').spanContext().spanId,
    );
  });

  it('makes no spans where the caller does not want them, or after the end', () => {
    const unsampled = setUp(`${FROM}-00`);
    expect(unsampled.spans.note(TYPED, nobody)).toBeNull();
    unsampled.spans.end('hangup');
    expect(unsampled.ended()).toEqual([]);
    const over = setUp();
    over.spans.end('hangup');
    over.spans.end('again');
    expect(over.spans.note(TYPED, nobody)).toBeNull();
    expect(over.ended()).toHaveLength(1);
  });

  it('has what is asked of a server inside of the turn, which may fail, or never come', () => {
    const { spans, clock, tracer, ended } = setUp();
    const ask = () => tracer.startSpan('POST /v1', {}, spans.forRequest()).end();
    ask();
    spans.note(FAILED, nobody);
    spans.note({ ...TYPED, firstTokenAtMs: null }, nobody);
    const turn = named(ended(), 'turn');
    expect(named(ended(), 'POST /v1').parentSpanContext?.spanId).toBe(turn.spanContext().spanId);
    expect(turn.attributes).toMatchObject({ 'error.type': 'engine_failed' });
    clock.now = 3000;
    ask();
    spans.end('gone');
    const [, second] = ended().filter(({ name }) => name === 'POST /v1');
    const [, abandoned] = ended().filter(({ name }) => name === 'turn');
    expect(abandoned?.attributes).toEqual({ 'visavis.turn.abandoned': true });
    expect(second?.parentSpanContext?.spanId).toBe(abandoned?.spanContext().spanId);
  });

  it('goes on in a trace of its own where the call is long, linked to the one before', () => {
    const { spans, clock, ended } = setUp();
    clock.now = LONGEST_SPAN_MS + 501;
    const first = spans.note(TYPED, nobody);
    const second = spans.note(TYPED, nobody);
    expect(second?.traceId).not.toBe(first?.traceId);
    spans.end('hangup');
    const [before, after] = ended().filter(({ name }) => name === 'call');
    expect(before?.attributes['visavis.call.end_reason']).toBe('continued');
    expect(after?.links[0]?.context.spanId).toBe(before?.spanContext().spanId);
    expect(after?.attributes['visavis.call.id']).toBe('rtc_1');
  });
});
