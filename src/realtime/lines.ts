/** A connection that carries a call's media and messages. */
export interface Line {
  close(): void | Promise<void>;
}

/**
 * The connections of one call, one after another: a client that has lost its connection, or fears so, makes another, and the call goes
 * on. The one before counts until the other is connected; a client may also close it sooner.
 */
export class Lines<L extends Line> implements Line {
  #current: L | null = null;
  #next: L | null = null;
  /** The current one is closed. */
  #gone = false;

  /** What counts: of another one nothing is heard. */
  get current(): L | null {
    return this.#current;
  }

  /** What the client made last. */
  get newest(): L | null {
    return this.#next ?? this.#current;
  }

  /** Another connection is on its way. One before it that has not connected is given up. */
  add(line: L): void {
    const givenUp = this.#next;
    if (this.#current === null) this.#current = line;
    else this.#next = line;
    void givenUp?.close();
  }

  /** It is connected: from now on it is the one. The one before is closed. */
  connected(line: L): void {
    if (line !== this.#next) return;
    const former = this.#current;
    this.#current = line;
    this.#next = null;
    this.#gone = false;
    void former?.close();
  }

  /** @returns the call has no connection any more, and none is on its way: it is over */
  closed(line: L): boolean {
    if (line === this.#next) this.#next = null;
    else if (line !== this.#current) return false;
    else this.#gone = true;
    return this.#gone && this.#next === null;
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    await Promise.all([this.#current?.close(), this.#next?.close()]);
  }
}
