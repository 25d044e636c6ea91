/** Hands each call ports of its own out of a range, so that no two look for a free one at once and get the same. */
export class PortPool {
  readonly #free: number[] = [];
  readonly #size: number;

  /**
   * @param range first and last port
   * @param size ports a peer needs (one for each offered address)
   */
  constructor(range: readonly [number, number], size: number) {
    this.#size = size;
    for (let port = range[0]; port + size - 1 <= range[1]; port += size) this.#free.push(port);
  }

  /** First and last port of a block, or null where none is left. */
  take(): readonly [number, number] | null {
    const first = this.#free.shift();
    return first === undefined ? null : [first, first + this.#size - 1];
  }

  /** Blocks are reused in the order of their return: a late packet of a closed call rarely meets a new one. */
  give(block: readonly [number, number]): void {
    this.#free.push(block[0]);
  }
}
