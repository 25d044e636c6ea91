import type { SessionPatch } from '@vis-a-vis/protocol';
import { Recovery, type Attempt, type RecoveryOptions } from '../core/recovery.js';
import { CallError } from '../errors.js';
import type { Edge, Link, LinkState } from './edge.js';

/** What is told of a call's connection. */
export interface LifelineListener {
  message(text: string): void;
  /** Nothing comes through; `attempt` is what is tried next. */
  reconnecting(attempt: Attempt, reason: string): void;
  /** The connection is given up, and with it what was under way; what is sent from now on waits for another. */
  abandoned(): void;
  /** @param kept false: it is another call, and the conversation is lost */
  resumed(kept: boolean): void;
  /** It is over, and nothing is tried any more. */
  lost(error: CallError | null, reason: string): void;
}

export interface LifelineOptions {
  readonly edge: Pick<Edge, 'dial' | 'timers'>;
  /** How to begin a session anew: as it was asked to be since. */
  readonly session: () => SessionPatch;
  /** null: a connection that is lost is lost. */
  readonly recovery: RecoveryOptions | null;
  /** The gateway has hung up through a fault of its own, and wants to be dialled again. */
  readonly wantsRedial: () => boolean;
  readonly told: LifelineListener;
}

/** Messages that may wait for a connection. */
const MAX_WAITING = 200;

/**
 * Keeps a call connected: one link after the other, and what is tried in between. The ways back are those of `core/recovery.ts`, of
 * which each is a line in `#go`; one that takes the conversation to another connection belongs there too.
 */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #over = new AbortController();
  #link: Link | null = null;
  #recovery: Recovery | null = null;
  /** Resolves at what cuts a wait short. */
  #hurry: () => void = () => undefined;
  #waiting: string[] = [];
  #sinceMs = 0;

  constructor(options: LifelineOptions) {
    this.#options = options;
  }

  /** @throws what `Edge.dial` throws */
  async open(signal: AbortSignal): Promise<void> {
    this.#link = await this.#dial(signal);
  }

  get link(): Link | null {
    return this.#link;
  }

  get up(): boolean {
    return this.#link !== null && this.#recovery === null;
  }

  /** How long the connection was away (ms), or has been. */
  get awayMs(): number {
    return this.#options.edge.timers.now() - this.#sinceMs;
  }

  /** Sends a message, or keeps it until there is a connection again. @throws CallError `session_closed`, `connection_lost` */
  send(text: string): void {
    if (this.#over.signal.aborted) throw new CallError('session_closed', 'The call is closed.');
    if (this.#link) return this.#link.send(text);
    if (this.#waiting.length >= MAX_WAITING)
      throw new CallError('connection_lost', 'There is no connection, and enough waits for one.');
    this.#waiting.push(text);
  }

  /** Seeks another way now, whatever the connection is like. @throws CallError as `Link.restart` */
  async restart(): Promise<void> {
    if (!this.#link) throw new CallError('session_closed', 'There is no connection to restart.');
    await this.#link.restart(this.#over.signal);
  }

  /** Something has changed for the better: the next attempt is made at once. */
  hurry(): void {
    this.#hurry();
  }

  close(): void {
    this.#over.abort();
    this.#hurry();
    this.#link?.close();
    this.#link = null;
  }

  async #dial(signal: AbortSignal): Promise<Link> {
    const { edge, session, told } = this.#options;
    let link: Link | null = null;
    const mine = (): boolean =>
      !this.#over.signal.aborted && (link === null || this.#link === null || link === this.#link);
    link = await edge.dial(
      { session: session() },
      {
        message: (text) => mine() && told.message(text),
        state: (state, why) => mine() && this.#handleState(state, why),
      },
      signal,
    );
    return link;
  }

  #handleState(state: LinkState, why: string): void {
    // Before it is open, whoever dials is told of it.
    if (!this.#link) return;
    if (state === 'up') {
      if (this.#recovery) this.#resumed(true);
      return;
    }
    const { edge, recovery, told, wantsRedial } = this.#options;
    if (state !== 'interrupted') {
      this.#link.close();
      this.#link = null;
      if (!recovery || (state === 'hung_up' && !wantsRedial())) return this.#lost(null, why);
    }
    if (state !== 'interrupted') {
      told.abandoned();
      this.#recovery?.handleClosed();
    }
    if (this.#recovery || !recovery) return;
    this.#sinceMs = edge.timers.now();
    this.#recovery = new Recovery(recovery, this.#sinceMs, this.#link !== null);
    this.#recover(this.#recovery, why).catch((error: unknown) => {
      this.#lost(error instanceof CallError ? error : null, String(error));
    });
  }

  async #recover(recovery: Recovery, why: string): Promise<void> {
    const { timers } = this.#options.edge;
    let reason = why;
    let last: CallError | null = null;
    while (this.#recovery === recovery && !this.#over.signal.aborted) {
      const attempt = recovery.next(timers.now(), timers.random());
      if (!attempt) return this.#lost(last ?? new CallError('connection_lost', reason), reason);
      this.#options.told.reconnecting(attempt, reason);
      await this.#wait(attempt.afterMs);
      if (this.#recovery !== recovery || this.#over.signal.aborted) return;
      try {
        await this.#go(attempt);
        if (this.#recovery === recovery) this.#resumed(attempt.way === 'restart');
        return;
      } catch (error) {
        last = error instanceof CallError ? error : new CallError('connect_failed', String(error));
        reason = last.message;
        recovery.handleFailed(last);
      }
    }
  }

  async #go({ way }: Attempt): Promise<void> {
    const { signal } = this.#over;
    if (way === 'restart' && this.#link) return this.#link.restart(signal);
    if (this.#link) {
      this.#link.close();
      this.#link = null;
      this.#options.told.abandoned();
    }
    this.#link = await this.#dial(signal);
    if (signal.aborted) this.#link.close();
  }

  #resumed(kept: boolean): void {
    this.#recovery = null;
    this.#hurry();
    this.#options.told.resumed(kept);
    for (const text of this.#waiting.splice(0)) this.#link?.send(text);
  }

  #lost(error: CallError | null, reason: string): void {
    this.#recovery = null;
    this.#link?.close();
    this.#link = null;
    this.#options.told.lost(error, reason);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.edge.timers.after(ms, resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}
