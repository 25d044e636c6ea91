import { Counter, type Registry } from 'prom-client';

/** A counter by one label, which can be read back: prom-client's own can only be scraped. */
export class Tally {
  private readonly counter: Counter;
  private readonly label: string;
  private readonly values = new Map<string, number>();

  constructor(name: string, help: string, { label, registry }: { label: string; registry: Registry }) {
    this.label = label;
    this.counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  }

  add(value: string, count = 1): void {
    this.counter.inc({ [this.label]: value }, count);
    this.values.set(value, (this.values.get(value) ?? 0) + count);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.values);
  }
}
