import { AggregatorRegistry, Counter, Gauge, Registry, type MetricObject } from 'prom-client';
import type { Health } from '../health/health.service.js';
import { healthOf } from './core/health-of.js';
import type { Gateways } from './gateways.js';

type Told = readonly MetricObject[];

/** What is told of all gateways together. */
export class Sums {
  readonly #gateways: Pick<Gateways, 'ask' | 'placing' | 'lost' | 'stopping'>;
  readonly #numbers: readonly number[];
  /** What the parent itself knows. */
  readonly #own = new Registry();
  /** What each told when it was scraped last. */
  readonly #last = new Map<number, Told>();
  /** How often each had been lost then. */
  readonly #lostThen = new Map<number, number>();
  /** What those that are lost had counted: a counter never goes back, or Prometheus would take it for begun anew. */
  #past: Told = [];

  constructor(gateways: Pick<Gateways, 'ask' | 'placing' | 'lost' | 'stopping'>, count: number) {
    this.#gateways = gateways;
    const numbers = Array.from({ length: count }, (_, number) => number);
    this.#numbers = numbers;
    const registers = [this.#own];
    new Gauge({
      name: 'visavis_gateways_up',
      help: 'Gateways that take calls, of VISAVIS_GATEWAYS.',
      registers,
      collect() {
        this.set(numbers.filter((number) => gateways.placing.isUp(number)).length);
      },
    });
    new Counter({
      name: 'visavis_gateways_lost_total',
      help: 'Gateways that ended unasked, by their number.',
      labelNames: ['gateway'],
      registers,
      collect() {
        this.reset();
        for (const number of numbers) this.inc({ gateway: number }, gateways.lost.get(number) ?? 0);
      },
    });
    new Gauge({
      name: 'visavis_gateway_sessions',
      help: 'Calls that are open, by the number of their gateway.',
      labelNames: ['gateway'],
      registers,
      collect() {
        for (const number of numbers) this.set({ gateway: number }, gateways.placing.told(number)?.open ?? 0);
      },
    });
  }

  /** Prometheus' text, without exemplars: they do not survive being added up. */
  async metrics(): Promise<{ contentType: string; text: string }> {
    for (const number of this.#numbers) await this.#keepOfLost(number);
    const told = await this.#gateways.ask('metrics', null);
    for (const [number, of] of told.entries()) if (of) this.#last.set(number, of);
    const each = this.#numbers.map((number) => told[number] ?? counted(this.#last.get(number) ?? []));
    const sum = AggregatorRegistry.aggregate([await this.#own.getMetricsAsJSON(), this.#past, ...each]);
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: await sum.metrics() };
  }

  async health(): Promise<Health> {
    const { stopping, lost } = this.#gateways;
    return healthOf(await this.#gateways.ask('health', null), lost, stopping);
  }

  async #keepOfLost(number: number): Promise<void> {
    const lost = this.#gateways.lost.get(number) ?? 0;
    if (lost === (this.#lostThen.get(number) ?? 0)) return;
    this.#lostThen.set(number, lost);
    const both = [this.#past, counted(this.#last.get(number) ?? [])];
    this.#last.delete(number);
    this.#past = await AggregatorRegistry.aggregate(both).getMetricsAsJSON();
  }
}

/** Counts since the start of a process; what is measured of its present goes with it. */
function counted(told: Told): Told {
  return told.filter(({ type }) => String(type) !== 'gauge');
}
