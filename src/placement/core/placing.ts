/** What a gateway tells of itself. */
export interface Told {
  /** Calls that are open. */
  readonly open: number;
  /** It takes no more. */
  readonly full: boolean;
}

interface Place {
  told: Told;
  /** Given to it, and not answered yet. */
  asked: number;
  /** Answered since it last told its calls, which may not have counted them. */
  answered: number;
  /** Until when (ms) something that was begun there counts as a call. */
  expected: number[];
}

/** How long somebody who has announced a call is expected to open it (ms). */
const EXPECTED_MS = 30_000;

/** Who gets a new call: the gateway with the fewest, of those that are up and take any. */
export class Placing {
  readonly #up = new Map<number, Place>();
  /** When each was given something last: of equals the one that has waited longest is next. */
  readonly #turns = new Map<number, number>();
  #turn = 0;

  up(number: number): void {
    this.#up.set(number, { told: { open: 0, full: false }, asked: 0, answered: 0, expected: [] });
  }

  /** Its calls are lost. */
  down(number: number): void {
    this.#up.delete(number);
  }

  isUp(number: number): boolean {
    return this.#up.has(number);
  }

  /** What it told last; null: it is down. */
  told(number: number): Told | null {
    return this.#up.get(number)?.told ?? null;
  }

  tell(number: number, told: Told): void {
    const place = this.#up.get(number);
    if (!place) return;
    place.told = told;
    place.answered = 0;
  }

  /**
   * The gateway that a call, or anything else, is best given to. One that is full only where all are: it says so better than we could.
   * @param but not this one, which has refused: then one that is full is none
   */
  pick(nowMs: number, but: number | null = null): number | null {
    const all = [...this.#up].filter(([number]) => number !== but);
    const free = all.filter(([, { told }]) => !told.full);
    const among = free.length > 0 || but !== null ? free : all;
    const ranked = among.map(([number, place]) => ({
      number,
      calls: callsOf(place, nowMs),
      turn: this.#turns.get(number) ?? 0,
    }));
    ranked.sort((a, b) => a.calls - b.calls || a.turn - b.turn || a.number - b.number);
    return ranked[0]?.number ?? null;
  }

  /** A call is given to it, and counts from now on. @returns to be called once it is answered, or has failed */
  give(number: number): () => void {
    this.#turns.set(number, ++this.#turn);
    const place = this.#up.get(number);
    if (!place) return () => undefined;
    place.asked += 1;
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      place.asked -= 1;
      place.answered += 1;
    };
  }

  /** A call will be opened there before long. */
  expect(number: number, nowMs: number): void {
    this.#turns.set(number, ++this.#turn);
    this.#up.get(number)?.expected.push(nowMs + EXPECTED_MS);
  }
}

function callsOf(place: Place, nowMs: number): number {
  place.expected = place.expected.filter((untilMs) => untilMs > nowMs);
  return place.told.open + place.asked + place.answered + place.expected.length;
}
