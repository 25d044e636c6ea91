/** How long a place is held for whoever has been answered and was not heard from yet (ms): some ten round trips, on a busy machine too. */
export const HOLD_MS = 2000;
/** Offers that may be open without having been heard from, beyond those whose place is held. Each holds a socket and a little memory. */
const MAX_SILENT = 64;

/**
 * Who may have a place. Whoever asks for one is given it at once, or refused: of a burst exactly as many are taken as there are
 * places. It is theirs for good once their client was heard from, which takes a real client with our answer in its hands. Until
 * then it is held for a moment; an offer that nobody follows up keeps nobody out for longer, and gives way to newer ones.
 */
export class Admission {
  readonly #places: () => number;
  readonly #maxSilent: number;
  /** Asked for, and not answered yet. */
  readonly #asked = new Set<string>();
  /** Answered, in this order, and when (ms). */
  readonly #silent = new Map<string, number>();
  readonly #placed = new Set<string>();

  /** @param places calls that may be open at once; an engine knows it once it is loaded */
  constructor(places: () => number, maxSilent = MAX_SILENT) {
    this.#places = places;
    this.#maxSilent = maxSilent;
  }

  /** Calls whose client was heard from. */
  get placed(): number {
    return this.#placed.size;
  }

  /** Places that are taken or held. */
  taken(nowMs: number): number {
    let held = this.#asked.size + this.#placed.size;
    for (const sinceMs of this.#silent.values()) if (nowMs - sinceMs < HOLD_MS) held += 1;
    return held;
  }

  /** A place is asked for. @returns false: there is none, and nothing is to be done for it */
  ask(id: string, nowMs: number): boolean {
    if (this.taken(nowMs) >= this.#places()) return false;
    this.#asked.add(id);
    return true;
  }

  /**
   * Gives up the offer that has been silent for longest, where its place is not held any more.
   * @returns it, to be ended; null where there is none. Nobody is named twice
   */
  displace(nowMs: number): string | null {
    const [oldest] = this.#silent;
    if (oldest === undefined || nowMs - oldest[1] < HOLD_MS) return null;
    this.#silent.delete(oldest[0]);
    return oldest[0];
  }

  /** It has been answered: its client is waited for. @returns an older offer that has to go, or null */
  arrive(id: string, nowMs: number): string | null {
    if (!this.#asked.delete(id)) return null;
    this.#silent.set(id, nowMs);
    return this.#silent.size > this.#maxSilent ? this.displace(nowMs) : null;
  }

  /** The client was heard from. Idempotent. @returns false: others were faster, and the last place is gone */
  place(id: string, nowMs: number): boolean {
    if (this.#placed.has(id)) return true;
    const sinceMs = this.#silent.get(id);
    const isHeld = this.#asked.has(id) || (sinceMs !== undefined && nowMs - sinceMs < HOLD_MS);
    if (!isHeld && this.taken(nowMs) >= this.#places()) return false;
    this.leave(id);
    this.#placed.add(id);
    return true;
  }

  leave(id: string): void {
    this.#asked.delete(id);
    this.#silent.delete(id);
    this.#placed.delete(id);
  }
}
