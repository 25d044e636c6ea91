import type { IdSource } from '#modules/contracts';

/** `item_1`, `item_2`, `resp_1`: the same ids each time. */
export class CountingIds implements IdSource {
  readonly #counts = new Map<string, number>();

  next(prefix: string): string {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return `${prefix}_${count}`;
  }
}
