/** An event that a client was sent, or would have been. */
export interface Told {
  readonly number: number;
  readonly type: string;
  /** As it goes over the wire. */
  readonly messages: readonly string[];
  readonly atMs: number;
}

/** What is kept at the most. */
export interface ReplayLimits {
  readonly events: number;
  /** Characters of all messages together. */
  readonly chars: number;
  /** Nobody can have missed what was sent longer ago (ms). */
  readonly ageMs: number;
}

/** An answer of several minutes, and what else is said meanwhile. */
export const MOST_EVENTS = 2000;
export const MOST_CHARS = 1024 * 1024;

/** What a client is to be told that comes back. */
export interface Missed {
  readonly events: readonly Told[];
  /** Of those before them, so many are kept no more. */
  readonly lost: number;
}

/**
 * The newest events of one client, for when its connection is lost: it says which it had last, and is sent those behind. Events are
 * numbered in their ids; for clients an id is a word like any other.
 */
export class Replay {
  readonly #name: string;
  readonly #limits: ReplayLimits;
  readonly #told: Told[] = [];
  #chars = 0;
  #next = 1;
  #greetings = 0;
  /** Up to this one nothing is kept. */
  #gone = 0;

  /** @param name begins the ids; no other client of the gateway has it */
  constructor(name: string, limits: ReplayLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  /** Id of the event that is told next. */
  get nextId(): string {
    return `${this.#name}_${this.#next}`;
  }

  /** Events that are kept. */
  get length(): number {
    return this.#told.length;
  }

  /** The next event has been told, or will be once the client is back. */
  keep(type: string, messages: readonly string[], atMs: number): void {
    this.#told.push({ number: this.#next, type, messages, atMs });
    this.#next += 1;
    this.#chars += charsOf(messages);
    this.#trim(atMs);
  }

  /** The next event is told, and not kept. */
  pass(): void {
    this.#gone = this.#next;
    this.#next += 1;
    this.#told.length = 0;
    this.#chars = 0;
  }

  /** @param lastId of the event that the client had last; null: it has none, or does not know */
  after(lastId: string | null, nowMs: number): Missed {
    this.#trim(nowMs);
    const had = this.#numberIn(lastId);
    const events = this.#told.filter(({ number }) => number > had);
    return { events, lost: Math.max(0, this.#gone - had) };
  }

  /** Id of the newest event; null: there was none. */
  get lastId(): string | null {
    return this.#next === 1 ? null : `${this.#name}_${this.#next - 1}`;
  }

  /**
   * Id of what is told now and never again, such as a greeting. In its place as `lastId` it stands for what the client had before.
   * @param lastId what that is
   */
  greetingId(lastId: string | null): string {
    this.#greetings += 1;
    return `${this.#name}_${this.#numberIn(lastId)}.${this.#greetings}`;
  }

  /** Of an id that is none of ours: 0. */
  #numberIn(id: string | null): number {
    if (id === null || !id.startsWith(`${this.#name}_`)) return 0;
    const number = /^(\d{1,15})(?:\.\d+)?$/.exec(id.slice(this.#name.length + 1))?.[1];
    return number === undefined ? 0 : Math.min(Number(number), this.#next - 1);
  }

  #trim(nowMs: number): void {
    const { events, chars, ageMs } = this.#limits;
    for (let oldest = this.#told[0]; oldest; oldest = this.#told[0]) {
      if (this.length <= events && this.#chars <= chars && nowMs - oldest.atMs <= ageMs) break;
      this.#told.shift();
      this.#chars -= charsOf(oldest.messages);
      this.#gone = oldest.number;
    }
  }
}

function charsOf(messages: readonly string[]): number {
  return messages.reduce((sum, message) => sum + message.length, 0);
}
