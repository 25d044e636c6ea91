/** Offers that may be open without having been heard from. Each holds a socket and a little memory. */
const MAX_SILENT = 64;

/**
 * Who may have a place. A call takes one only when its client was heard from: with its first connectivity check, which takes a real
 * client with our answer in its hands. An offer that nobody follows up takes none, whoever sends many, and the oldest makes
 * room for the newest where there are too many. So a call that connects finds the engine session that was counted for it.
 */
export class Admission {
  readonly #places: () => number;
  readonly #maxSilent: number;
  /** In the order of their arrival. */
  readonly #silent = new Set<string>();
  readonly #placed = new Set<string>();

  /** @param places calls that may be open at once; an engine knows it once it is loaded */
  constructor(places: () => number, maxSilent = MAX_SILENT) {
    this.#places = places;
    this.#maxSilent = maxSilent;
  }

  /** Every place is taken: another offer is to be refused, before anything is done for it. */
  get full(): boolean {
    return this.#placed.size >= this.#places();
  }

  /** Gives up the offer that has been silent for longest. @returns it, to be ended; null where there is none. Nobody is named twice */
  displace(): string | null {
    const [oldest] = this.#silent;
    if (oldest === undefined) return null;
    this.#silent.delete(oldest);
    return oldest;
  }

  /** @returns an older offer that has to go, or null */
  arrive(id: string): string | null {
    this.#silent.add(id);
    return this.#silent.size > this.#maxSilent ? this.displace() : null;
  }

  /** The client was heard from. Idempotent. @returns false: others were faster, and the last place is gone */
  place(id: string): boolean {
    if (this.#placed.has(id)) return true;
    if (this.full) return false;
    this.#silent.delete(id);
    this.#placed.add(id);
    return true;
  }

  leave(id: string): void {
    this.#silent.delete(id);
    this.#placed.delete(id);
  }
}
