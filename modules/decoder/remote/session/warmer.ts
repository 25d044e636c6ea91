import type { Guard } from '#modules/contracts';
import type { ChatMessage } from '../../core/remote/messages.js';
import { warmBody } from '../../core/remote/request.js';
import { Failure } from '../http/failure.js';
import type { Usage } from '../http/shapes.js';
import type { Place } from '../replicas.js';
import type { Asker } from './asking.js';

export interface WarmerOptions {
  readonly asker: Asker;
  readonly place: Place;
  readonly guard: Guard;
  /** The context as it is now, and what its tokens are taken to be. */
  context(): { readonly messages: readonly ChatMessage[]; readonly tokens: number };
  /** Warming rests from now on, on this server. */
  onUseless(server: string): void;
}

/**
 * Has a session's server compute what will be in front of the next question, while the user still speaks. One request at a time;
 * what changed meanwhile is in the next one, in which all is, so that the newest wins. Nobody waits for it, and nothing is tried again.
 */
export class Warmer {
  private readonly options: WarmerOptions;
  private current: AbortController | null = null;
  private isStale = false;
  /** Tokens of the last request that was answered, and by whom. */
  private before: { readonly prompt: number; readonly server: unknown } | null = null;

  constructor(options: WarmerOptions) {
    this.options = options;
  }

  /** A frame has come. */
  changed(): void {
    const { asker, place } = this.options;
    const { replica, slot } = place;
    if (replica.breaker.isOpen || !replica.keeps(slot) || !replica.gate.isOpen(asker.clock.nowMs())) return;
    this.isStale = true;
    if (!this.current) this.start();
  }

  /** What is to come is the question itself, or nothing of this: the server is to be free. */
  stop(): void {
    this.isStale = false;
    this.current?.abort();
  }

  /** What was sent is not what the next request begins with. */
  forget(): void {
    this.before = null;
    this.stop();
  }

  private start(): void {
    const { guard } = this.options;
    this.isStale = false;
    const abort = new AbortController();
    this.current = abort;
    guard.watch(
      'engine.warm',
      this.warm(abort.signal).finally(() => {
        if (this.current === abort) this.current = null;
        if (this.isStale) this.start();
      }),
    );
  }

  private async warm(signal: AbortSignal): Promise<void> {
    const { asker, place } = this.options;
    const { replica } = place;
    const slot = replica.slotFor(place.slot, asker.tenant);
    const { messages, tokens } = this.options.context();
    const body = warmBody({ ...asker.frame, slot }, messages);
    const newTokens = Math.max(1, tokens - place.held);
    try {
      const usage = await replica.server.complete(
        { body, newTokens, hears: false },
        { session: asker.session, signal },
      );
      asker.replicas.note(replica, null);
      asker.tally.ended('warm', 'done', usage);
      if (usage) this.learn(usage);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      asker.tally.ended('warm', error.kind === 'aborted' ? 'aborted' : 'failed', null);
      if (error.kind !== 'aborted') asker.replicas.note(replica, error);
    }
  }

  private learn(usage: Usage): void {
    const { asker, place } = this.options;
    const { replica } = place;
    if (place.replica === replica) place.found(usage.cached);
    const { before } = this;
    this.before = usage.prompt === null ? null : { prompt: usage.prompt, server: replica };
    if (!before || before.server !== replica || usage.prompt === null) return;
    const told = { prompt: usage.prompt, cached: usage.cached };
    if (replica.gate.note(told, before.prompt, asker.clock.nowMs()))
      this.options.onUseless(replica.server.name);
  }
}
