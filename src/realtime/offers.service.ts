import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ResumeRequest } from '@vis-a-vis/protocol';
import { SAMPLE_RATE, VisavisError, type AudioFrame, type VideoFrame } from '#modules/contracts';
import { MediaService, type CloseReason, type MediaHandlers, type MediaPeer } from '#modules/media';
import type { TraceHeaders } from '../telemetry/tracing/tracing.js';
import type { Grant } from './access.js';
import type { Call } from './call.js';
import { CALL_ENVIRONMENT, type CallsEnvironment } from './calls-environment.js';
import { CallsService, type NewCall } from './calls.service.js';
import { COSTS, RequestPace } from './core/request-pace.js';
import { Lines, type Line } from './lines.js';
import type { Channel } from './listener.js';
import type { Offer } from './offer.js';
import type { ClientTape } from './tape.js';
import { openaiDoor, type ChannelClient, type Door } from './transports/data-channel.js';

/** How long a client that cannot be served is waited for, to be told so on its data channel (ms). */
const GREETING_MS = 3000;

export interface OfferOptions {
  readonly grant: Grant;
  /** What the client speaks on its data channel. Default: OpenAI Realtime. Null: it has no channel of its own. */
  readonly door?: Door | null;
  /** A client without a channel of its own has come back by another connection, and is to be told so. */
  readonly onBack?: () => void;
  /** The client has closed its request: what was begun for it is ended. */
  readonly gone?: AbortSignal;
  /** Of the request. */
  readonly trace?: TraceHeaders;
}

/** A call whose offer is answered. It is ended by `CallsService.end`. */
export interface AnsweredOffer {
  readonly id: string;
  readonly answerSdp: string;
  readonly call: Call;
  readonly peer: MediaPeer;
}

/** What is kept of a call as long as it is open. */
interface Kept extends NewCall {
  readonly client: ChannelClient | null;
  readonly onBack: (() => void) | undefined;
  readonly lines: Lines<Connection>;
  readonly pace: RequestPace;
  /** Its conversation is there, or on its way. */
  begun: boolean;
  /** Media time (ms) at which its audio ended so far: what another connection brings begins after it. */
  endMs: number;
  /** Peer connections that it has had. */
  connections: number;
}

/** One peer connection of a call. */
class Connection implements Line {
  peer: MediaPeer | null = null;
  /** Its data channel is open, and the call knows. */
  readonly greeted = Promise.withResolvers<void>();
  #shiftMs: number | null = null;

  /** From 0. */
  readonly number: number;
  /** The record of the client that has its channel open. */
  tape: ClientTape | null = null;
  /** A client has come back by it, and is not known to have its greeting yet. */
  unconfirmed = false;

  /** @param back by it a client comes back that has lost the one before */
  constructor(
    readonly kept: Kept,
    public back: ResumeRequest | null = null,
  ) {
    this.number = kept.connections++;
  }

  /** @returns what was told of the call has come to the client since it came back, as is known now for the first time */
  confirmed(): boolean {
    if (!this.unconfirmed || this.back !== null || !this.peer?.delivered) return false;
    this.unconfirmed = false;
    return true;
  }

  /** It is the one that the call hears. */
  get counts(): boolean {
    return this.kept.lines.current === this;
  }

  onAudio(frame: AudioFrame): void {
    if (!this.counts) return;
    const { kept } = this;
    this.#shiftMs ??= Math.max(0, kept.endMs - frame.ptsMs);
    const ptsMs = frame.ptsMs + this.#shiftMs;
    kept.endMs = ptsMs + (frame.pcm.length * 1000) / SAMPLE_RATE;
    kept.call.onAudio({ ...frame, ptsMs });
  }

  onVideo(frame: VideoFrame): void {
    if (this.counts) this.kept.call.onVideo({ ...frame, ptsMs: frame.ptsMs + (this.#shiftMs ?? 0) });
  }

  close(): Promise<void> | undefined {
    return this.peer?.close();
  }
}

/** Opens calls over WebRTC, whose media come by tracks. */
@Injectable()
export class OffersService {
  private readonly kept = new WeakMap<Call, Kept>();

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
    const { grant, door = openaiDoor, onBack, gone, trace = {} } = options;
    if (gone?.aborted) throw leftEarly();
    const { call, guard } = this.calls.register({ grant, session, audio: 'track', trace });
    const { id } = call;
    return this.calls.within(id, async () => {
      try {
        const client = door?.(call) ?? null;
        const kept = {
          call,
          guard,
          client,
          onBack,
          lines: new Lines<Connection>(),
          pace: new RequestPace(),
          begun: false,
          endMs: -Infinity,
          connections: 0,
        };
        this.kept.set(call, kept);
        const connection = new Connection(kept);
        kept.lines.add(connection);
        const peer = await this.answer(sdp, connection);
        call.attach(kept.lines);
        this.calls.waitForClient(id);
        if (gone?.aborted || !this.calls.has(id)) throw leftEarly();
        return { id, answerSdp: peer.answerSdp, call, peer };
      } catch (error) {
        await this.calls.end(id, 'aborted');
        throw error;
      }
    });
  }

  /**
   * Another peer connection for a call that goes on: its client has lost the one before, or has made it anew. That one counts until the
   * new one is connected.
   * @throws VisavisError as `open` does; the call goes on as it was then
   */
  reopen(call: Call, sdp: string): Promise<AnsweredOffer> {
    return this.another(call, sdp, null);
  }

  /**
   * A client comes back to a call whose connection is lost, whether or not that is known here yet. Until it is connected the call is as
   * before, and its token is good for another try.
   * @throws VisavisError as `open` and `Resumption.find` do; the call goes on as it was then
   */
  async resume(sdp: string, back: ResumeRequest, grant: Grant): Promise<AnsweredOffer> {
    return this.another(this.calls.resumption.find(back.token, grant, false), sdp, back);
  }

  private async another(call: Call, sdp: string, back: ResumeRequest | null): Promise<AnsweredOffer> {
    const kept = this.kept.get(call);
    if (!kept || !this.calls.has(call.id)) throw leftEarly();
    this.pace('connection', call);
    return this.calls.within(call.id, async () => {
      const connection = new Connection(kept, back);
      const peer = await this.answer(sdp, connection);
      if (!this.calls.has(call.id)) throw leftEarly();
      kept.lines.add(connection);
      return { id: call.id, answerSdp: peer.answerSdp, call, peer };
    });
  }

  /**
   * The newest peer connection of a call, which a request asks to change.
   * @throws VisavisError `not_found`: it has none; `rate_limit_exceeded`
   */
  peerFor(what: keyof typeof COSTS, call: Call): MediaPeer {
    this.pace(what, call);
    const peer = this.kept.get(call)?.lines.newest?.peer;
    if (!peer) throw new VisavisError('not_found', 'The call has no peer connection.');
    return peer;
  }

  private pace(what: keyof typeof COSTS, call: Call): void {
    this.kept.get(call)?.pace.spend(COSTS[what], this.environment.clock.nowMs());
  }

  private async answer(sdp: string, connection: Connection): Promise<MediaPeer> {
    const handlers = this.handlersOf(connection);
    const peer = await this.media.answer(sdp, handlers).catch(async (error: unknown) => {
      // Offers that nobody follows up hold UDP ports: a newer one is more likely to be followed up.
      if (!(error instanceof VisavisError) || error.code !== 'capacity') throw error;
      if (!(await this.calls.displaceOldest())) {
        this.environment.metrics.refusedFor('ports');
        throw error;
      }
      return this.media.answer(sdp, handlers);
    });
    connection.peer = peer;
    // The call may have been ended meanwhile: then nobody else closes the connection.
    if (!this.calls.has(connection.kept.call.id)) await peer.close();
    return peer;
  }

  private handlersOf(connection: Connection): MediaHandlers {
    const { call, guard, client } = connection.kept;
    const unknown = (): void => call.onDrop('unknown_channel', 1);
    const isOurs = (label: string): boolean => label === client?.label && connection.counts;
    return {
      onChecked: guard.wrap('checked', () => this.calls.place(call.id)),
      onConnected: guard.wrap('connected', () => this.connected(connection)),
      onAudio: guard.wrap('audio', (frame) => {
        connection.onAudio(frame);
        if (connection.confirmed()) this.calls.resumption.confirm(call);
      }),
      onVideo: guard.wrap('video', (frame) => connection.onVideo(frame)),
      onChannel: guard.wrap('channel', (label) => {
        const { peer } = connection;
        if (!isOurs(label) || peer === null) return unknown();
        const channel = channelOf(connection, peer, label);
        const { back } = connection;
        connection.back = null;
        if (back && client?.onResume) client.onResume(channel, back.last_event_id ?? null);
        else client?.onOpen(channel);
        connection.greeted.resolve();
      }),
      onMessage: guard.wrap('message', (label, data) => {
        if (!isOurs(label)) return unknown();
        connection.tape?.received(data);
        client?.onMessage(data);
      }),
      onDrop: guard.wrap('drop', (reason, count) => {
        call.onDrop(reason, count);
        if (reason !== 'oversized_message') return;
        connection.tape?.tooLarge();
        client?.onTooLarge();
      }),
      tap: call.tape?.media(connection.number),
      onLost: guard.wrap('lost', (part, why) => connection.counts && call.onLost(part, why)),
      onBug: (where, error) => this.calls.struck(call.id, where, error),
      onClosed: guard.wrap('closed', (reason) => this.closed(connection, reason)),
    };
  }

  /** Where it was the last one the call is over, or waits for its client: who hangs up does not come back. */
  private closed(connection: Connection, reason: CloseReason): Promise<void> | undefined {
    const { call, lines, client } = connection.kept;
    const { resumption } = this.calls;
    if (connection.confirmed()) resumption.confirm(call);
    // Who closes a connection before the greeting has come has given an attempt up.
    const { counts, unconfirmed } = connection;
    const isLost = counts ? reason === 'failed' || unconfirmed : connection.back !== null;
    connection.peer = null;
    if (!lines.closed(connection) || (resumption.has(call.id) && !counts)) return undefined;
    if (!isLost || !resumption.lost(call.id, reason)) return this.calls.end(call.id, reason);
    client?.onLost?.();
    return undefined;
  }

  /** The client is connected: it gets its conversation, or is told why not. One that was connected before goes on. */
  private async connected(connection: Connection): Promise<void> {
    const { kept, peer } = connection;
    const { call, lines } = kept;
    const { logger } = this.environment;
    // Of two who come with one token the first that is connected has it.
    const { back } = connection;
    if (back && !this.calls.resumption.spend(back.token, call)) return connection.close();
    connection.unconfirmed = back !== null && kept.client !== null;
    call.tape?.connected(connection.number);
    lines.connected(connection);
    if (peer === null || !connection.counts) return;
    // Who reads what is said elsewhere has no greeting to wait for.
    if (back && !kept.client) {
      connection.back = null;
      this.calls.resumption.confirm(call);
      kept.onBack?.();
    }
    if (kept.begun) return logger.info({ call: call.id }, 'call goes on over another connection');
    kept.begun = true;
    try {
      await this.calls.begin(call.id);
      logger.info({ call: call.id, tracks: peer.trackKinds }, 'call opened');
    } catch (error) {
      if (!this.calls.has(call.id)) return;
      if (!(error instanceof VisavisError)) throw error;
      logger.warn({ call: call.id, code: error.code }, 'a client that connected cannot be served');
      await Promise.race([connection.greeted.promise, sleep(GREETING_MS, undefined, { ref: false })]);
      await this.calls.end(call.id, error);
    }
  }
}

/** What carries the events of the call's client, with a record of them where one is made. */
function channelOf(connection: Connection, peer: MediaPeer, label: string): Channel {
  const largestBytes = peer.largestMessageBytes;
  const { tape } = connection.kept.call;
  connection.tape = tape?.client({ via: label, connection: connection.number, largestBytes }) ?? null;
  return {
    send: (text) => {
      const result = peer.send(label, text);
      if (result === 'sent') connection.tape?.sent(text);
      return result;
    },
    bufferedAmount: () => peer.bufferedAmount(label),
    largestBytes,
  };
}

function leftEarly(): VisavisError {
  return new VisavisError('session_closed', 'The client left before its call began.');
}
