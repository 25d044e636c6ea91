import { AggregatorRegistry, Gauge, Counter, Registry } from 'prom-client';
import type { Health } from '../health/health.service.js';
import type { Gateways } from './gateways.js';
import { healthOf } from './core/health-of.js';

/** What is told of all gateways together. */
export class Sums {
  readonly #gateways: Gateways;
  /** What the parent itself knows. */
  readonly #own = new Registry();

  constructor(gateways: Gateways, count: number) {
    this.#gateways = gateways;
    const numbers = Array.from({ length: count }, (_, number) => number);
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
    const ofGateways = await this.#gateways.ask('metrics', null);
    const all = [await this.#own.getMetricsAsJSON(), ...ofGateways.filter((one) => one !== null)];
    const sum = AggregatorRegistry.aggregate(all);
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: await sum.metrics() };
  }

  async health(): Promise<Health> {
    const { stopping, lost } = this.#gateways;
    return healthOf(await this.#gateways.ask('health', null), lost, stopping);
  }
}
