import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { Clock } from '#modules/contracts';
import type { SessionEvent } from '#modules/conversation';
import { turnSpans, type SpanRecord, type TurnOutcome } from './core/turn-spans.js';
import type { CallTrace, SpanReference } from './tracing.js';

/** A call's span is exported when it ends; one that goes on for longer than this (ms) goes on in a trace of its own, linked to this one. */
export const LONGEST_SPAN_MS = 3_600_000;

export interface SpanMakers {
  readonly tracer: Tracer;
  readonly clock: Clock;
  /** Unix time (ms). */
  readonly wallMs: () => number;
  newSpanId(): string;
  /** The next span that is started has this id. */
  forceSpanId(id: string): void;
}

/**
 * The spans of one call, made of its stamps. A turn's span is made when its timing is known, and has had its id from before, so that
 * what is asked of servers meanwhile is inside of it.
 */
export class CallSpans implements CallTrace {
  #call: Span;
  #begunAtMs: number;
  /** Unix time minus the gateway's clock (ms). */
  #epochMs: number;
  /** Of the turn that is under way. */
  #turn: SpanContext;
  /** When something was asked for it (gateway clock); null: nothing was. */
  #askedAtMs: number | null = null;
  #outcome: TurnOutcome = { status: 'completed', code: null };
  #over = false;

  constructor(
    private readonly id: string,
    private readonly makers: SpanMakers,
    from: Context,
  ) {
    this.#begunAtMs = makers.clock.nowMs();
    this.#epochMs = makers.wallMs() - this.#begunAtMs;
    this.#call = this.#begin(from);
    this.#turn = this.#nextTurn();
  }

  /** What is asked of a server now belongs to this. */
  forRequest(): Context {
    this.#askedAtMs ??= this.makers.clock.nowMs();
    return trace.setSpanContext(ROOT_CONTEXT, this.#turn);
  }

  note(event: SessionEvent, firstSentAtMs: (responseId: string) => number | null): SpanReference | null {
    if (this.#over || !this.#call.isRecording()) return null;
    if (event.type === 'response_done') {
      const { status, error } = event.response;
      this.#outcome = { status, code: error?.code ?? null };
    }
    if (event.type !== 'turn_timing') return null;
    const { traceId, spanId } = this.#turn;
    this.#endTurn(turnSpans(event, firstSentAtMs(event.responseId), this.#outcome));
    this.#renew();
    return { traceId, spanId };
  }

  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    const endMs = this.makers.clock.nowMs();
    if (this.#askedAtMs !== null) {
      // Something was asked for a turn that has not come to its end: its parent must not be missing.
      const facts = { 'visavis.turn.abandoned': true };
      const empty = { moments: [], children: [], failed: null };
      this.#endTurn({ name: 'turn', startMs: this.#askedAtMs, endMs, facts, ...empty });
    }
    this.#call.setAttribute('visavis.call.end_reason', reason);
    this.#call.end(this.#epochMs + endMs);
  }

  #begin(from: Context, previous?: SpanContext): Span {
    const { tracer } = this.makers;
    const options = {
      kind: SpanKind.SERVER,
      startTime: this.#epochMs + this.#begunAtMs,
      attributes: { 'visavis.call.id': this.id },
      ...(previous && { links: [{ context: previous }] }),
    };
    return tracer.startSpan('call', options, from);
  }

  #nextTurn(): SpanContext {
    return { ...this.#call.spanContext(), spanId: this.makers.newSpanId() };
  }

  #endTurn(record: SpanRecord): void {
    this.makers.forceSpanId(this.#turn.spanId);
    this.#write(record, trace.setSpan(ROOT_CONTEXT, this.#call));
    this.#turn = this.#nextTurn();
    this.#askedAtMs = null;
  }

  /** A long call goes on in another trace: a trace has an end, and what shows traces has bounds. */
  #renew(): void {
    const { clock, wallMs } = this.makers;
    const nowMs = clock.nowMs();
    if (nowMs - this.#begunAtMs < LONGEST_SPAN_MS) return;
    const before = this.#call;
    before.setAttribute('visavis.call.end_reason', 'continued');
    before.end(this.#epochMs + nowMs);
    this.#begunAtMs = nowMs;
    this.#epochMs = wallMs() - nowMs;
    this.#call = this.#begin(ROOT_CONTEXT, before.spanContext());
    this.#turn = this.#nextTurn();
  }

  #write(record: SpanRecord, parent: Context): void {
    const { name, startMs, endMs, facts, moments, children, failed } = record;
    const startTime = this.#epochMs + startMs;
    const span = this.makers.tracer.startSpan(name, { startTime, attributes: facts }, parent);
    for (const { name: what, atMs } of moments) span.addEvent(what, {}, this.#epochMs + atMs);
    if (failed !== null) {
      span.setAttribute('error.type', failed);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    for (const child of children) this.#write(child, trace.setSpan(parent, span));
    span.end(this.#epochMs + endMs);
  }
}
