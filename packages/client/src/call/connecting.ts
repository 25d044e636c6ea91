import type { ServerEvent } from '@vis-a-vis/protocol';
import { CallError } from '../errors.js';
import type { LinkListener, LinkState, Timers } from './edge.js';

/** How long a call that goes on may take to say so, once it is connected (ms). */
const GREETING_MS = 10_000;

/** Hears a connection that is being made, and keeps what it tells until that is anybody's business. */
export class Connecting implements LinkListener {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #signal: AbortSignal;
  readonly #early: string[] = [];
  readonly #first: Promise<void>;
  #greet!: () => void;
  #fail!: (reason: unknown) => void;
  #told: LinkListener | null = null;

  constructor(timers: Pick<Timers, 'after'>, signal: AbortSignal) {
    this.#timers = timers;
    this.#signal = signal;
    this.#first = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#fail = reject;
    });
    // Who begins a call does not wait for it.
    this.#first.catch(() => undefined);
  }

  message(text: string): void {
    this.#early.push(text);
    if (this.#told) this.#pump();
    else this.#greet();
  }

  state(state: LinkState, why: string): void {
    if (this.#told) this.#told.state(state, why);
    else if (state !== 'up') this.#fail(new CallError('connect_failed', why));
  }

  /**
   * Resolves when the gateway has said that the call goes on, which is the first that it says.
   * @throws CallError `connect_failed`, `connect_timeout`; the signal's reason
   */
  async greeted(): Promise<void> {
    const abort = (): void => this.#fail(this.#signal.reason);
    this.#signal.throwIfAborted();
    this.#signal.addEventListener('abort', abort);
    const cancel = this.#timers.after(GREETING_MS, () =>
      this.#fail(new CallError('connect_timeout', `No greeting within ${GREETING_MS} ms.`)),
    );
    try {
      await this.#first;
    } finally {
      cancel();
      this.#signal.removeEventListener('abort', abort);
    }
    const event = JSON.parse(this.#early[0] ?? '{}') as ServerEvent;
    if (event.type !== 'session.created' || !event.visavis?.resumed)
      throw new CallError('connect_failed', 'The call did not go on.');
  }

  /** It is the call's connection from now on: what it has told by now is told in its order, and then what comes. */
  handOver(told: LinkListener): void {
    this.#told = told;
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    try {
      for (let text = this.#early.shift(); text !== undefined; text = this.#early.shift())
        this.#told?.message(text);
    } finally {
      // Where a listener has thrown, the others still hear of the rest.
      if (this.#early.length > 0) queueMicrotask(() => this.#pump());
    }
  }
}
