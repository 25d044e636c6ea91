import { Counter } from 'prom-client';
import type { Metered } from './open-metrics.js';

/** Values of one label; each is a series that every scraper keeps for weeks. Today's code makes some forty at the most (drops). */
const MOST_VALUES = 100;
/** What stands for all further ones. */
const OTHER = 'other';

/** Bounds the values of a label, whoever it is that makes them. */
export class LabelValues {
  readonly #known = new Set<string>();

  /** @returns the value, or `other` where there are too many already */
  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= MOST_VALUES) return OTHER;
    this.#known.add(value);
    return value;
  }
}

/** A counter by one label, which can be read back: prom-client's own can only be scraped. */
export class Tally {
  private readonly counter: Counter;
  private readonly label: string;
  private readonly known = new LabelValues();
  private readonly values = new Map<string, number>();

  constructor(name: string, help: string, { label, registry }: { label: string; registry: Metered }) {
    this.label = label;
    this.counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  }

  add(value: string, count = 1): void {
    const known = this.known.of(value);
    this.counter.inc({ [this.label]: known }, count);
    this.values.set(known, (this.values.get(known) ?? 0) + count);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.values);
  }
}
