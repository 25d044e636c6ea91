import { keyOf, newPair, type Pair, type Path } from './pair.js';

/** Pairs of one call. A client has a few addresses; whoever makes up more displaces those that never answered. */
const MAX_PAIRS = 100;

/** The candidate pairs of an agent, by path. */
export class PairTable {
  readonly #pairs = new Map<string, Pair>();

  get(path: Path): Pair | null {
    return this.#pairs.get(keyOf(path)) ?? null;
  }

  /** @returns the pair, which may have been there before; null where the table is full of pairs that have answered */
  add(path: Path, rank: number, nowMs: number): Pair | null {
    const known = this.get(path);
    if (known) return known;
    if (this.#pairs.size >= MAX_PAIRS && !this.#makeRoom()) return null;
    const pair = newPair({ local: path.local, host: path.host, port: path.port }, rank, nowMs);
    this.#pairs.set(keyOf(path), pair);
    return pair;
  }

  /** The pair of the highest priority that has not been checked yet. */
  nextToCheck(): Pair | null {
    let best: Pair | null = null;
    for (const pair of this.#pairs.values()) {
      if (pair.state === 'waiting' && pair.rank > (best?.rank ?? -1)) best = pair;
    }
    return best;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.#pairs.values();
  }

  #makeRoom(): boolean {
    let oldest: Pair | null = null;
    for (const pair of this.#pairs.values()) {
      if (pair.validAtMs === null && pair.heardAtMs < (oldest?.heardAtMs ?? Infinity)) oldest = pair;
    }
    return oldest !== null && this.#pairs.delete(keyOf(oldest.path));
  }
}
