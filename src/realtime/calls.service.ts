import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { defaultSession, mergeSession } from '@vis-a-vis/protocol';
import { VisavisError, type OmniEngine } from '#modules/contracts';
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
    const call = new Call({
      id,
      session,
      decodeImage: (file) => this.media.decodeImage(file),
      ...this.environment,
    });
    const peer = await this.media.answer(offer.sdp, {
      onAudio: (frame) => call.onAudio(frame),
      onVideo: (frame) => call.onVideo(frame),
      onChannel: (label) => call.onChannel(label),
      onMessage: (label, data) => call.onMessage(label, data),
      onDrop: (reason, count) => call.onDrop(reason, count),
      onClosed: (reason) => void this.end(id, reason),
    });
    this.calls.set(id, call);
    try {
      const conversation = await this.conversations.open({
        sessionId: session.id,
        config: toSessionConfig(session),
        onEvent: (event) => call.onSessionEvent(event),
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

  private async end(id: string, reason: string): Promise<void> {
    const call = this.calls.get(id);
    this.calls.delete(id);
    try {
      await call?.close(reason);
    } catch (error) {
      this.environment.logger.warn({ call: id, err: error }, 'a call did not close cleanly');
    }
  }
}
