import type { ServerEvent } from '@vis-a-vis/protocol';
import type { Link, LinkListener, LinkStats } from '../call/edge.js';

/** What there is between the two sides of a connection. */
export interface Path {
  /** Messages come through, both ways. */
  readonly isOpen: boolean;
  /** A message has come to the gateway. */
  arrive(text: string): void;
  /** Another way is sought. @throws CallError */
  restart(): void;
}

const NO_STATS: LinkStats = { rttMs: 20, jitterMs: 1, loss: 0, report: new Map() };

/** One connection of a call. What cannot come through waits, as it does in a browser's, and goes on its way when ICE has begun anew. */
export class ScriptedLine implements Link {
  readonly maxMessageBytes = 256 * 1024;
  readonly #told: LinkListener;
  readonly #path: Path;
  readonly #held: (() => void)[] = [];
  #closed = false;

  constructor(told: LinkListener, path: Path) {
    this.#told = told;
    this.#path = path;
  }

  send(text: string): void {
    this.#pass(() => this.#path.arrive(text));
  }

  /** The gateway says something. */
  tell(event: ServerEvent): void {
    const text = JSON.stringify(event);
    this.#pass(() => this.#told.message(text));
  }

  /** The network has gone, or the gateway has hung up. */
  handleState(state: 'interrupted' | 'hung_up', why: string): void {
    if (!this.#closed) this.#told.state(state, why);
  }

  async restart(): Promise<void> {
    await Promise.resolve();
    this.#path.restart();
    for (const pass of this.#held.splice(0)) pass();
    this.#told.state('up', '');
  }

  stats(): Promise<LinkStats> {
    return Promise.resolve(NO_STATS);
  }

  close(): void {
    this.#closed = true;
    this.#held.length = 0;
  }

  #pass(pass: () => void): void {
    if (this.#closed) return;
    if (this.#path.isOpen) pass();
    else this.#held.push(pass);
  }
}
