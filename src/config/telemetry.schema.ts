import { z } from 'zod';

/** `a=b,c=d`, as OpenTelemetry writes lists of pairs; values may be percent-encoded. */
const pairs = z.string().transform((text, context) => {
  const found: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (name === '') {
      context.addIssue('must be a comma-separated list of name=value');
      return z.NEVER;
    }
    found[name] = decoded(pair.slice(at + 1).trim());
  }
  return found;
});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const endpoint = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** Traces: the standard's own names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export const telemetrySchema = {
  /** Collector of OTLP over HTTP; `/v1/traces` is added. Without it and the next there are no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional(),
  /** The same, as it is. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.optional(),
  /** `http/json` is what is spoken; another one is an error where there are traces. */
  OTEL_EXPORTER_OTLP_PROTOCOL: z.string().default('http/json'),
  /** Headers of each request to the collector. */
  OTEL_EXPORTER_OTLP_HEADERS: pairs.default({}),
  OTEL_SERVICE_NAME: z.string().min(1).default('vis-a-vis'),
  OTEL_RESOURCE_ATTRIBUTES: pairs.default({}),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  /** Share of the traces that are kept, where the sampler goes by it. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** Milliseconds between two exports. */
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(50).max(600_000).default(5000),
  OTEL_SDK_DISABLED: z.enum(['true', 'false'], { error: 'must be true or false' }).default('false'),
};
