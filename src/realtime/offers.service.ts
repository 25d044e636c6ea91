import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { VisavisError } from '#modules/contracts';
import { MediaService, type MediaHandlers, type MediaPeer } from '#modules/media';
import type { Grant } from './access.js';
import type { Call } from './call.js';
import { CALL_ENVIRONMENT, CallsService, type CallsEnvironment, type NewCall } from './calls.service.js';
import type { Offer } from './offer.js';
import { openaiDoor, type ChannelClient, type Door } from './transports/data-channel.js';

/** How long a client that cannot be served is waited for, to be told so on its data channel (ms). */
const GREETING_MS = 3000;

export interface OfferOptions {
  readonly grant: Grant;
  /** What the client speaks on its data channel. Default: OpenAI Realtime. Null: it has no channel of its own. */
  readonly door?: Door | null;
  /** The client has closed its request: what was begun for it is ended. */
  readonly gone?: AbortSignal;
}

/** A call whose offer is answered. It is ended by `CallsService.end`. */
export interface AnsweredOffer {
  readonly id: string;
  readonly answerSdp: string;
  readonly call: Call;
  readonly peer: MediaPeer;
}

/** A call on its way from the offer to its conversation. */
interface Coming extends NewCall {
  readonly client: ChannelClient | null;
  /** Its data channel is open, and the call knows. */
  readonly greeted: PromiseWithResolvers<void>;
}

/** Opens calls over WebRTC, whose media come by tracks. */
@Injectable()
export class OffersService {
  constructor(
    @Inject(MediaService) private readonly media: Pick<MediaService, 'answer'>,
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(CALL_ENVIRONMENT) private readonly environment: CallsEnvironment,
  ) {}

  /**
   * Answers an offer. Little is held until its client has connected: the conversation is opened only then.
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`, `draining`, `session_closed` where the client left
   * meanwhile, and what the caller may not do
   */
  async open({ sdp, session }: Offer, options: OfferOptions): Promise<AnsweredOffer> {
    const { grant, door = openaiDoor, gone } = options;
    if (gone?.aborted) throw leftEarly();
    const { call, guard } = this.calls.register({ grant, session, audio: 'track' });
    const { id } = call;
    return this.calls.within(id, async () => {
      try {
        const client = door?.(call) ?? null;
        const peer = await this.answer(sdp, { call, guard, client, greeted: Promise.withResolvers() });
        if (gone?.aborted || !this.calls.has(id)) throw leftEarly();
        return { id, answerSdp: peer.answerSdp, call, peer };
      } catch (error) {
        await this.calls.end(id, 'aborted');
        throw error;
      }
    });
  }

  private async answer(sdp: string, coming: Coming): Promise<MediaPeer> {
    let peer: MediaPeer | null = null;
    const handlers = this.handlersOf(coming, () => peer);
    peer = await this.media.answer(sdp, handlers).catch(async (error: unknown) => {
      // Offers that nobody follows up hold UDP ports: a newer one is more likely to be followed up.
      const oldest = this.calls.displace();
      if (!(error instanceof VisavisError) || error.code !== 'capacity' || oldest === null) throw error;
      await this.calls.end(oldest, 'displaced');
      return this.media.answer(sdp, handlers);
    });
    const { call } = coming;
    // The call may have been ended meanwhile: then nobody else closes the connection.
    if (!this.calls.has(call.id)) await peer.close();
    call.attach(peer);
    this.calls.waitForClient(call.id);
    return peer;
  }

  private handlersOf(coming: Coming, peer: () => MediaPeer | null): MediaHandlers {
    const { call, guard, client, greeted } = coming;
    const unknown = (): void => call.onDrop('unknown_channel', 1);
    return {
      onChecked: guard.wrap('checked', () => this.calls.place(call.id)),
      onConnected: guard.wrap('connected', () => this.begin(coming, peer())),
      onAudio: guard.wrap('audio', (frame) => call.onAudio(frame)),
      onVideo: guard.wrap('video', (frame) => call.onVideo(frame)),
      onChannel: guard.wrap('channel', (label) => {
        const line = peer();
        if (label !== client?.label || line === null) return unknown();
        client.onOpen({
          send: (text) => line.send(label, text),
          bufferedAmount: () => line.bufferedAmount(label),
        });
        greeted.resolve();
      }),
      onMessage: guard.wrap('message', (label, data) =>
        label === client?.label ? client.onMessage(data) : unknown(),
      ),
      onDrop: guard.wrap('drop', (reason, count) => {
        call.onDrop(reason, count);
        if (reason === 'oversized_message') client?.onTooLarge();
      }),
      onLost: guard.wrap('lost', (part, why) => call.onLost(part, why)),
      onBug: (where, error) => this.calls.struck(call.id, where, error),
      onClosed: guard.wrap('closed', (reason) => this.calls.end(call.id, reason)),
    };
  }

  /** The client is connected: it gets its conversation, or is told why not. */
  private async begin({ call, greeted }: Coming, peer: MediaPeer | null): Promise<void> {
    if (peer === null) return;
    const { logger } = this.environment;
    try {
      await this.calls.begin(call.id);
      logger.info({ call: call.id, tracks: peer.trackKinds }, 'call opened');
    } catch (error) {
      if (!this.calls.has(call.id)) return;
      if (!(error instanceof VisavisError)) throw error;
      logger.warn({ call: call.id, code: error.code }, 'a client that connected cannot be served');
      await Promise.race([greeted.promise, sleep(GREETING_MS, undefined, { ref: false })]);
      await this.calls.end(call.id, error);
    }
  }
}

function leftEarly(): VisavisError {
  return new VisavisError('session_closed', 'The client left before its call began.');
}
