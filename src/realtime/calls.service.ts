import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { defaultSession, mergeSession, type Session } from '@vis-a-vis/protocol';
import { Guard, VisavisError, type OmniEngine } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaService } from '#modules/media';
import type { Lifecycle } from '../lifecycle/lifecycle.js';
import { Call, type CallEnvironment } from './call.js';
import { toSessionConfig } from './core/turn-config.js';
import type { Offer } from './offer.js';

/** What the calls of the process share, and the one thing that concerns them all. */
export interface CallsEnvironment extends CallEnvironment {
  readonly lifecycle: Lifecycle;
}

/** Injection token of a `CallsEnvironment`. */
export const CALL_ENVIRONMENT = Symbol('CALL_ENVIRONMENT');

/** How often a call that drains is looked at (ms). */
const DRAIN_POLL_MS = 50;

/** Opens, keeps and closes the calls of this process. */
@Injectable()
export class CallsService implements OnModuleDestroy {
  private readonly calls = new Map<string, Call>();
  /**
   * The call that the running code works for. What is begun within it (sockets, timers, promises, also those of libraries)
   * carries it on, so that what escapes every guard is still known to be a call's own. An id, which keeps nothing alive.
   */
  private readonly current = new AsyncLocalStorage<string>();

  constructor(
    @Inject(MediaService) private readonly media: Pick<MediaService, 'answer' | 'decodeImage'>,
    @Inject(ConversationService) private readonly conversations: Pick<ConversationService, 'open'>,
    @Inject(ENGINE) private readonly engine: Pick<OmniEngine, 'caps'>,
    @Inject(CALL_ENVIRONMENT) private readonly environment: CallsEnvironment,
  ) {}

  /**
   * Answers an offer.
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`, `draining`, `session_closed` where the client left meanwhile
   */
  async open(offer: Offer): Promise<{ id: string; answerSdp: string }> {
    if (this.environment.lifecycle.draining)
      throw new VisavisError('draining', 'The gateway is shutting down.');
    const id = this.environment.ids.next('rtc');
    const session = mergeSession(
      defaultSession(
        this.environment.ids.next('sess'),
        this.engine.caps.modelId,
        this.engine.caps.turnEnd ? 'model' : 'silence',
      ),
      offer.session,
    );
    const guard = new Guard(
      (where, error) => this.struck(id, where, error),
      (work) => this.current.run(id, work),
    );
    return this.current.run(id, () => this.connect(id, guard, { session, sdp: offer.sdp }));
  }

  private async connect(
    id: string,
    guard: Guard,
    { session, sdp }: { session: Session; sdp: string },
  ): Promise<{ id: string; answerSdp: string }> {
    const call = new Call({
      id,
      session,
      guard,
      decodeImage: (file) => this.media.decodeImage(file),
      ...this.environment,
    });
    const peer = await this.media.answer(sdp, {
      onAudio: guard.wrap('audio', (frame) => call.onAudio(frame)),
      onVideo: guard.wrap('video', (frame) => call.onVideo(frame)),
      onChannel: guard.wrap('channel', (label) => call.onChannel(label)),
      onMessage: guard.wrap('message', (label, data) => call.onMessage(label, data)),
      onDrop: guard.wrap('drop', (reason, count) => call.onDrop(reason, count)),
      onLost: guard.wrap('lost', (part, why) => call.onLost(part, why)),
      onBug: (where, error) => this.struck(id, where, error),
      onClosed: guard.wrap('closed', (reason) => this.end(id, reason)),
    });
    this.calls.set(id, call);
    try {
      const conversation = await this.conversations.open({
        sessionId: session.id,
        config: toSessionConfig(session),
        onEvent: (event) => call.onSessionEvent(event),
        guard,
      });
      await call.connect(peer, conversation);
    } catch (error) {
      this.calls.delete(id);
      await peer.close();
      throw error;
    }
    this.environment.logger.info({ call: id, tracks: peer.trackKinds }, 'call opened');
    return { id, answerSdp: peer.answerSdp };
  }

  /** @throws VisavisError `not_found` */
  async hangUp(id: string): Promise<void> {
    if (!this.calls.has(id)) throw new VisavisError('not_found', 'There is no such call.');
    await this.end(id, 'hangup');
  }

  /**
   * Takes no more calls, and ends each that is open as soon as its turn is over.
   * @param signal ends the waiting: calls that are left then are closed with the module
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.environment.lifecycle.beginDrain();
    while (this.calls.size > 0 && !signal.aborted) {
      const quiet = [...this.calls].filter(([, call]) => call.quiet);
      await Promise.all(quiet.map(([id]) => this.end(id, 'shutdown')));
      if (this.calls.size > 0) await sleep(DRAIN_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Nest ends a module before those it imports, so the engine is still there to free the calls' sessions. */
  async onModuleDestroy(): Promise<void> {
    this.environment.lifecycle.beginDrain();
    await Promise.all([...this.calls.keys()].map((id) => this.end(id, 'shutdown')));
  }

  /**
   * Something was thrown that nothing caught. Where it was begun for a call, that call is ended.
   * @returns false: it is no call's, and the state of the process is unknown
   */
  escaped(error: unknown): boolean {
    const id = this.current.getStore();
    if (id === undefined) return false;
    this.struck(id, 'escaped', error);
    return true;
  }

  /** A bug, met by one call, which may have ended meanwhile: it ends, and no other does. */
  private struck(id: string, where: string, error: unknown): void {
    this.environment.metrics.guarded(where);
    this.environment.logger.error({ call: id, where, err: error }, 'a call met a bug, and is closed');
    void this.end(id, new VisavisError('internal_error', 'Internal error: the call is closed.'));
  }

  /** @param why the reason, or the fault of ours that the client is told of. Never rejects */
  private async end(id: string, why: string | VisavisError): Promise<void> {
    const call = this.calls.get(id);
    this.calls.delete(id);
    try {
      await (typeof why === 'string' ? call?.close(why) : call?.fail(why));
    } catch (error) {
      this.environment.logger.warn({ call: id, err: error }, 'a call did not close cleanly');
    }
  }
}
