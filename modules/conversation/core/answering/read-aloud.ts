/** Of an answer that is not read to its end. */
export interface Unread {
  readonly itemId: string;
  /** That were read, of its text so far. */
  readonly characters: number;
  /** Since its reading began. */
  readonly readMs: number;
}

interface Piece {
  readonly itemId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly characters: number;
}

/**
 * How far a client that reads answers aloud, at the rate that it told, has come with each. Times are ms on the gateway's
 * clock.
 */
export class ReadAloud {
  #pieces: Piece[] = [];

  /** Sent is read as soon as all before it is. @param charsPerS null: answers are not read aloud */
  sent(itemId: string, text: string, charsPerS: number | null, atMs: number): void {
    if (charsPerS === null || text === '') return;
    // What was read to its end is heard: nobody asks for it any more.
    if ((this.#pieces.at(-1)?.toMs ?? 0) <= atMs) this.#pieces = this.#of(itemId);
    const fromMs = Math.max(this.#pieces.at(-1)?.toMs ?? 0, atMs);
    const toMs = fromMs + (text.length * 1000) / charsPerS;
    this.#pieces.push({ itemId, fromMs, toMs, characters: text.length });
  }

  /** Nothing is read any more. @returns what has not been read to its end, in order */
  stop(atMs: number): Unread[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    const items = new Set(pieces.filter(({ toMs }) => toMs > atMs).map(({ itemId }) => itemId));
    return [...items].map((itemId) => readOf(itemId, pieces, atMs));
  }

  /** Its client knows better how far this one was read. */
  forget(itemId: string): void {
    this.#pieces = this.#pieces.filter((piece) => piece.itemId !== itemId);
  }

  #of(itemId: string): Piece[] {
    return this.#pieces.filter((piece) => piece.itemId === itemId);
  }
}

function readOf(itemId: string, pieces: readonly Piece[], atMs: number): Unread {
  let [characters, readMs] = [0, 0];
  for (const piece of pieces) {
    if (piece.itemId !== itemId || piece.fromMs >= atMs) continue;
    const ms = Math.min(piece.toMs, atMs) - piece.fromMs;
    readMs += ms;
    characters += Math.floor((piece.characters * ms) / (piece.toMs - piece.fromMs) + 1e-9);
  }
  return { itemId, characters, readMs };
}
