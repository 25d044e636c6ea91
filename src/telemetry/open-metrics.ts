import { Registry, type OpenMetricsContentType } from 'prom-client';

const VERSIONS = ['1.0.0', '0.0.1'];

/** Whether a scraper would rather have OpenMetrics, which has exemplars, than Prometheus' text. @param accept its header */
export function prefersOpenMetrics(accept = ''): boolean {
  let open = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const valueOf = (name: string) =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    const q = Number(valueOf('q') ?? 1);
    const version = valueOf('version');
    if (type === 'application/openmetrics-text' && (version === undefined || VERSIONS.includes(version)))
      open = Math.max(open, q);
    if (type === 'text/plain' || type === 'text/*' || type === '*/*') text = Math.max(text, q);
  }
  return open > 0 && open >= text;
}

/** Exemplars are kept for a registry of OpenMetrics only. */
export type Metered = Registry<OpenMetricsContentType>;

export function openRegistry(): Metered {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

export interface Scraped {
  readonly contentType: string;
  readonly text: Promise<string>;
}

/** As OpenMetrics, with exemplars. */
export function asOpenMetrics(registry: Metered): Scraped {
  const metrics = registry.getMetricsAsArray() as unknown as { name: string }[];
  const names = metrics.map(({ name }) => name);
  // prom-client takes `_total` off the names of the counters themselves, before it first waits: they get them back at once.
  const text = registry.metrics();
  metrics.forEach((metric, index) => (metric.name = names[index] ?? metric.name));
  return { contentType: registry.contentType, text };
}

/** As Prometheus' own text. */
export function asText(registry: Metered): Scraped {
  const plain = new Registry();
  for (const { name } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    if (metric) plain.registerMetric(metric);
  }
  return { contentType: plain.contentType, text: plain.metrics() };
}
