import type { ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { Recovery, type Attempt, type RecoveryOptions, type Way } from '../core/recovery.js';
import { Resumption, type Resumed } from '../core/resumption.js';
import { CallError } from '../errors.js';
import { Connecting } from './connecting.js';
import type { Edge, Link, LinkState, Opening } from './edge.js';

/** What is told of a call's connection. */
export interface LifelineListener {
  event(event: ServerEvent): void;
  /** Nothing comes through; `attempt` is what is tried next. */
  reconnecting(attempt: Attempt, reason: string): void;
  /** What was under way is lost: with the call, which is given up, or because too much was missed of it. */
  abandoned(why: string): void;
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
 * which each is a line in `#go`.
 */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #over = new AbortController();
  #link: Link | null = null;
  #recovery: Recovery | null = null;
  #resumption = new Resumption();
  /** The call is one that has been connected, and is not given up. */
  #isOpen = false;
  /** It is being come back to. */
  #isComing = false;
  /** The link has said that it is well again, while another was being made. */
  #isBack = false;
  /** Resolves at what cuts a wait short. */
  #hurry: () => void = () => undefined;
  /** The link is closed: what waits for it need not wait any more. */
  #cut: () => void = () => undefined;
  /** For another call. */
  #waiting: string[] = [];
  /** Messages since there was a link. */
  #held = 0;
  #sinceMs = 0;

  constructor(options: LifelineOptions) {
    this.#options = options;
  }

  /** @throws what `Edge.dial` throws */
  open(signal: AbortSignal): Promise<void> {
    return this.#connect({ session: this.#options.session() }, signal);
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
    if (this.#link) this.#link.send(text);
    else if (this.#held >= MAX_WAITING)
      throw new CallError('connection_lost', 'There is no connection, and enough waits for one.');
    else this.#held += 1;
    const { edge, recovery } = this.#options;
    if (!this.#link && !this.#mayResume) this.#waiting.push(text);
    else if (recovery?.resume) this.#resumption.sent(text, edge.timers.now());
  }

  /** Seeks another way now, whatever the connection is like. @throws CallError as `Link.restart` */
  async restart(): Promise<void> {
    if (!this.#link) throw new CallError('session_closed', 'There is no connection to restart.');
    await this.#restart(this.#link);
  }

  /** Something has changed for the better: the next attempt is made at once. */
  hurry(): void {
    this.#hurry();
  }

  close(): void {
    this.#over.abort();
    this.#hurry();
    this.#drop();
  }

  /** There is a call to come back to. */
  get #mayResume(): boolean {
    return this.#options.recovery?.resume === true && this.#resumption.possible;
  }

  /** Makes another connection, and leaves the one before only then. @throws what `Edge.dial` throws, and `Connecting.greeted` */
  async #connect(opening: Opening, signal: AbortSignal): Promise<void> {
    const { edge } = this.#options;
    const connecting = new Connecting(edge.timers, signal);
    const link = await edge.dial(opening, connecting, signal);
    try {
      if (opening.resume) await connecting.greeted();
      signal.throwIfAborted();
    } catch (error) {
      link.close();
      throw error;
    }
    this.#drop();
    this.#link = link;
    this.#isOpen = true;
    this.#held = 0;
    const isCurrent = (): boolean => link === this.#link;
    connecting.handOver({
      message: (text) => (isCurrent() ? this.#handleEvent(JSON.parse(text) as ServerEvent) : undefined),
      state: (state, why) => (isCurrent() ? this.#handleState(state, why) : undefined),
    });
  }

  #handleEvent(event: ServerEvent): void {
    if (this.#resumption.repeated(event)) return;
    const resumed = this.#resumption.received(event);
    if (resumed) this.#handleResumed(resumed);
    this.#options.told.event(event);
  }

  #handleResumed({ unheard, missedEvents, lostMessages }: Resumed): void {
    if (missedEvents + lostMessages > 0) this.#options.told.abandoned('Too much was missed of the call.');
    for (const text of unheard) this.#link?.send(text);
    this.#resumed('resume');
  }

  #handleState(state: LinkState, why: string): void {
    const { edge, recovery, wantsRedial } = this.#options;
    this.#isBack = state === 'up';
    if (state === 'up') {
      if (this.#recovery && !this.#isComing) this.#resumed('restart');
      return;
    }
    this.#resumption.lost();
    if (state !== 'interrupted') {
      this.#drop();
      // Who is lost to the gateway is hung up on by it, and kept.
      const keeps = this.#mayResume && (state === 'closed' || this.#recovery !== null);
      if (!recovery || (state === 'hung_up' && !keeps && !wantsRedial())) return this.#lost(null, why);
      if (!keeps) this.#abandon();
      this.#recovery?.handleClosed();
    }
    if (this.#recovery || !recovery) return;
    this.#sinceMs = edge.timers.now();
    const ways = [this.#link && ('restart' as const), this.#mayResume && ('resume' as const)];
    this.#recovery = new Recovery(
      recovery,
      this.#sinceMs,
      ways.filter((way) => way !== null && way !== false),
    );
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
        const way = await this.#go(attempt);
        // That a call goes on is told by its greeting.
        if (this.#recovery === recovery && way !== 'resume') this.#resumed(way);
        return;
      } catch (error) {
        if (this.#recovery === recovery && this.#isBack) return this.#resumed('restart');
        last = error instanceof CallError ? error : new CallError('connect_failed', String(error));
        reason = last.message;
        recovery.handleFailed(last);
      }
    }
  }

  /** @returns the way that was gone */
  async #go({ way }: Attempt): Promise<Way> {
    const { signal } = this.#over;
    const session = this.#options.session();
    if (way === 'restart' && this.#link) {
      await this.#restart(this.#link);
      return 'restart';
    }
    const resume = way !== 'dial' && this.#mayResume ? this.#resumption.ask() : null;
    if (resume) {
      this.#isComing = true;
      await this.#connect({ session, resume }, signal).finally(() => (this.#isComing = false));
      return 'resume';
    }
    this.#abandon();
    await this.#connect({ session }, signal);
    return 'dial';
  }

  /** A peer connection that is closed in the middle of it says nothing more of it. */
  #restart(link: Link): Promise<void> {
    const cut = new Promise<never>((_resolve, reject) => {
      this.#cut = () => reject(new CallError('connect_failed', 'The connection was closed.'));
    });
    return Promise.race([link.restart(this.#over.signal), cut]);
  }

  /** The call is given up, if that is not done yet: the next connection begins another. */
  #abandon(): void {
    this.#drop();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#held = 0;
    this.#resumption = new Resumption();
    this.#options.told.abandoned('The conversation was lost with its connection.');
  }

  #drop(): void {
    this.#link?.close();
    this.#link = null;
    this.#cut();
  }

  #resumed(way: Way): void {
    this.#recovery = null;
    this.#isBack = false;
    if (way === 'restart') this.#resumption.found();
    this.#hurry();
    this.#options.told.resumed(way !== 'dial');
    for (const text of this.#waiting.splice(0)) this.send(text);
  }

  #lost(error: CallError | null, reason: string): void {
    this.#recovery = null;
    this.#drop();
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
