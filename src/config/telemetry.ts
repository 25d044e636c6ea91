import type { z } from 'zod';
import type { telemetrySchema } from './telemetry.schema.js';

/** Traces by OTLP over HTTP. */
export interface TracingConfig {
  /** Where spans are POSTed. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Attributes of the resource beside its name. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: string;
  /** 0..1, where the sampler goes by it. */
  readonly ratio: number;
  readonly scheduleDelayMs: number;
}

/** @returns null: nobody asked for traces */
export function tracingOf(c: z.infer<z.ZodObject<typeof telemetrySchema>>): TracingConfig | null {
  const url =
    c.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (c.OTEL_EXPORTER_OTLP_ENDPOINT && `${c.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined || c.OTEL_SDK_DISABLED === 'true') return null;
  return {
    url,
    headers: c.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: c.OTEL_SERVICE_NAME,
    resource: c.OTEL_RESOURCE_ATTRIBUTES,
    sampler: c.OTEL_TRACES_SAMPLER,
    ratio: c.OTEL_TRACES_SAMPLER_ARG,
    scheduleDelayMs: c.OTEL_BSP_SCHEDULE_DELAY,
  };
}
