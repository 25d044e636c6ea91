/** So much (bytes) outside of the heap may wait to be given back. */
const KEPT_BYTES = 12 * 1024 * 1024;
/** A buffer that onnxruntime lent is freed some moments after the collector has found it, and counts until the one after. */
const PASSES = 3;

export interface TidierParts {
  /** A full collection, at once. */
  readonly collect: () => void;
  /** What the heap's objects hold outside of it (bytes). */
  readonly heldBytes: () => number;
  /** Nobody waits for this thread. */
  readonly idle: () => boolean;
}

/**
 * Gives back what closed contexts and past runs held. KV rows, pictures and tensors lie outside of V8's heap: seen from there next to nothing
 * happens in an engine worker, and the collector would let some 80 MB of them wait, and forever once nobody calls.
 */
export class Tidier {
  readonly #parts: TidierParts;
  #floorBytes = 0;
  #passesLeft = 0;

  constructor(parts: TidierParts) {
    this.#parts = parts;
  }

  /** Call it every now and then: it collects when that is worth it and nobody waits. */
  look(): void {
    const { collect, heldBytes, idle } = this.#parts;
    if (!idle()) return;
    if (this.#passesLeft === 0) {
      if (heldBytes() < this.#floorBytes + KEPT_BYTES) return;
      this.#passesLeft = PASSES;
    }
    collect();
    this.#passesLeft -= 1;
    if (this.#passesLeft === 0) this.#floorBytes = heldBytes();
  }
}
