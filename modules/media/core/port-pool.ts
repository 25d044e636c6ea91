/** Hands each call a port of its own out of a range, so that no two look for a free one at once and get the same. */
export class PortPool {
  readonly #free: number[] = [];

  /** @param range first and last port */
  constructor(range: readonly [number, number]) {
    for (let port = range[0]; port <= range[1]; port += 1) this.#free.push(port);
  }

  /** Ports that may be taken. */
  get free(): number {
    return this.#free.length;
  }

  /** @returns a port, or null where none is left */
  take(): number | null {
    return this.#free.shift() ?? null;
  }

  /** Ports are reused in the order of their return: a late packet of a closed call rarely meets a new one. */
  give(port: number): void {
    this.#free.push(port);
  }
}
