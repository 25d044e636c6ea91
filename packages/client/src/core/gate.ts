/** A gate before the microphone while a voice reads: what is clearly louder than the voice's echo opens it. */
export interface GateOptions {
  /** Above the echo (dB). */
  readonly overDb: number;
  /** It stays open this long behind the last loud sound (ms): pauses between words are words too. */
  readonly holdMs: number;
}

export const GATE: GateOptions = { overDb: 10, holdMs: 700 };
/** Of the echo, until some has been heard: a quiet room, far below speech. */
const FLOOR_DB = -50;
/** What was heard as echo counts less and less (dB a second). */
const FORGET_DB_PER_S = 6;
/** How long the echo is learned before anything may open the gate (ms): sound has to leave the loudspeaker first. */
const LEARN_MS = 300;

/** Pure: is given levels (dBFS) and times (ms), and says whether the microphone is open. */
export class Gate {
  readonly #options: GateOptions;
  #echoDb = FLOOR_DB;
  #readingSinceMs: number | null = null;
  #lastMs = 0;
  #openUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: GateOptions = GATE) {
    this.#options = options;
  }

  /** A voice begins or ends to read. */
  reading(reading: boolean, atMs: number): void {
    if (!reading) this.#readingSinceMs = null;
    else this.#readingSinceMs ??= atMs;
    this.#lastMs = atMs;
  }

  /** @returns true: what is heard passes */
  push(levelDb: number, atMs: number): boolean {
    if (this.#readingSinceMs === null) return true;
    const faded = this.#echoDb - (FORGET_DB_PER_S * (atMs - this.#lastMs)) / 1000;
    this.#lastMs = atMs;
    if (atMs < this.#openUntilMs) {
      if (levelDb > this.#echoDb + this.#options.overDb) this.#openUntilMs = atMs + this.#options.holdMs;
      return true;
    }
    if (atMs - this.#readingSinceMs >= LEARN_MS && levelDb > this.#echoDb + this.#options.overDb) {
      this.#openUntilMs = atMs + this.#options.holdMs;
      return true;
    }
    this.#echoDb = Math.max(FLOOR_DB, faded, levelDb);
    return false;
  }
}
