/** How long a client that reads answers aloud is busy with what it was sent. Times are ms on the gateway's clock. */
export class Reading {
  #untilMs = 0;

  get untilMs(): number {
    return this.#untilMs;
  }

  /** @param charsPerS null: answers are not read aloud */
  sent(text: string, charsPerS: number | null, atMs: number): void {
    if (charsPerS === null) return;
    this.#untilMs = Math.max(this.#untilMs, atMs) + (text.length * 1000) / charsPerS;
  }

  /** The client stopped reading. */
  stop(): void {
    this.#untilMs = 0;
  }
}
