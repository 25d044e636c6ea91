import type { Random } from './random.js';

/** What the fuzzer does next. An action is repeated by its seed: `--replay` does nothing else. */
export interface Action {
  readonly id: number;
  readonly what: 'open' | 'leave' | 'request' | Traffic;
  /** The client that does it; null: none. */
  readonly call: string | null;
  readonly seed: number;
}

/** What connected clients send. */
export type Traffic = 'event' | 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'sctp' | 'dcep';

/** A client that is connected. */
export interface Connected {
  readonly name: string;
  /** Sent by it so far. */
  readonly inputs: number;
  /** Planned: then it leaves. */
  readonly most: number;
}

/** Where the run stands. */
export interface Situation {
  readonly atMs: number;
  readonly connected: readonly Connected[];
  /** Clients on their way. */
  readonly opening: number;
  /** Requests without an answer so far. */
  readonly waiting: number;
}

export interface ScheduleOptions {
  /** Clients at once. */
  readonly clients: number;
  /** Least time between two clients (ms): a handshake is dear on both sides. */
  readonly openEveryMs: number;
  /** Least time between two requests (ms): each offer that is answered is a call that is set up. */
  readonly requestEveryMs: number;
}

/** Shares by actions, not by inputs: an action of datagrams is a burst of them. */
const SHARES: Readonly<Record<Traffic, number>> = {
  event: 8,
  stun: 3,
  dtls: 3,
  rtp: 4,
  rtcp: 3,
  sctp: 4,
  dcep: 1,
};
const MOST_WAITING = 20;

/** Decides what comes next; the same seed and the same situations lead to the same actions. */
export class Schedule {
  readonly #random: Random;
  readonly #options: ScheduleOptions;
  #id = 0;
  #opened = 0;
  #nextOpenMs = 0;
  #nextRequestMs = 0;

  constructor(random: Random, options: ScheduleOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** @returns null where there is nothing to do now */
  next({ atMs, connected, opening, waiting }: Situation): Action | null {
    const { clients, openEveryMs, requestEveryMs } = this.#options;
    const done = connected.find(({ inputs, most }) => inputs >= most);
    if (done) return this.#action('leave', done.name);
    if (connected.length + opening < clients && atMs >= this.#nextOpenMs) {
      this.#nextOpenMs = atMs + openEveryMs;
      this.#opened += 1;
      return this.#action('open', `c${this.#opened}`);
    }
    if (atMs >= this.#nextRequestMs && waiting < MOST_WAITING) {
      this.#nextRequestMs = atMs + requestEveryMs;
      return this.#action('request', null);
    }
    if (connected.length === 0) return null;
    return this.#action(this.#random.weighted(SHARES), this.#random.pick(connected).name);
  }

  #action(what: Action['what'], call: string | null): Action {
    this.#id += 1;
    return { id: this.#id, what, call, seed: this.#random.u32() };
  }
}
