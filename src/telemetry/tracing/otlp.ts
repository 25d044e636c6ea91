import { diag, DiagLogLevel, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type IdGenerator,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicClock } from '../../clock.js';
import type { TracingConfig } from '../../config/telemetry.js';
import type { Logger } from '../logger.js';
import { CallSpans } from './call-spans.js';
import { requestTracer } from './traced-request.js';
import type { CallTrace, TraceHeaders, Tracing } from './tracing.js';

/** How long what waits may take to leave at the end (ms). */
const FLUSH_MS = 2000;
/** Longest value of an attribute: nothing that a stranger writes grows a span beyond it. */
const LONGEST_VALUE = 256;

/** Ids at random, but for the next where it is known already. */
class Ids implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: string | null = null;

  generateTraceId(): string {
    return this.#random.generateTraceId();
  }

  generateSpanId(): string {
    const id = this.#next ?? this.#random.generateSpanId();
    this.#next = null;
    return id;
  }

  force(id: string): void {
    this.#next = id;
  }
}

/** Spans by OTLP over HTTP (JSON). This file alone knows the SDK, and is loaded only where somebody asked for traces. */
export class OtlpTracing implements Tracing {
  readonly request: Tracing['request'];
  readonly #provider: TracerProvider;
  readonly #ids = new Ids();
  readonly #calls = new Map<string, CallSpans>();
  #current: () => string | undefined = () => undefined;

  constructor(config: TracingConfig, logger: Logger) {
    // That a collector cannot be reached is not to be silent; the SDK's word for it holds nothing of a call.
    const warn = (message: string): void => logger.warn({ detail: message }, 'traces');
    const quiet = (): void => undefined;
    diag.setLogger(
      { error: warn, warn, info: quiet, debug: quiet, verbose: quiet },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const exporter = new OTLPTraceExporter({ url: config.url, headers: { ...config.headers } });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': config.serviceName, ...config.resource }),
      sampler: samplerOf(config),
      idGenerator: this.#ids,
      spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: config.scheduleDelayMs })],
    });
    const tracer = this.#provider.getTracer('vis-a-vis');
    this.request = requestTracer(tracer, () => {
      const id = this.#current();
      return (id !== undefined && this.#calls.get(id)?.forRequest()) || null;
    });
  }

  knowCall(current: () => string | undefined): void {
    this.#current = current;
  }

  call(id: string, { traceparent, tracestate }: TraceHeaders): CallTrace {
    const parent = parseTraceParent(traceparent ?? '');
    const from =
      parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            ...parent,
            isRemote: true,
            ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
          });
    const makers = {
      tracer: this.#provider.getTracer('vis-a-vis'),
      clock: monotonicClock,
      wallMs: () => Date.now(),
      newSpanId: () => this.#ids.generateSpanId(),
      forceSpanId: (spanId: string) => this.#ids.force(spanId),
    };
    const spans = new CallSpans(id, makers, from);
    this.#calls.set(id, spans);
    return {
      note: (event, firstSentAtMs) => spans.note(event, firstSentAtMs),
      end: (reason) => {
        this.#calls.delete(id);
        spans.end(reason);
      },
    };
  }

  async shutdown(): Promise<void> {
    await Promise.race([this.#provider.shutdown(), sleep(FLUSH_MS, undefined, { ref: false })]);
  }
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  const root = sampler.endsWith('always_off')
    ? new AlwaysOffSampler()
    : sampler.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  if (sampler.startsWith('parentbased_')) return new ParentBasedSampler({ root });
  // Its children follow the call all the same: half of a turn explains nothing.
  return new ParentBasedSampler({ root, remoteParentSampled: root, remoteParentNotSampled: root });
}
