import { setTimeout as sleep } from 'node:timers/promises';
import { mergeSession, type ClientEvent, type Session } from '@vis-a-vis/protocol';
import {
  VisavisError,
  type AudioFrame,
  type Clock,
  type Guard,
  type IdSource,
  type VideoFrame,
} from '#modules/contracts';
import type { Conversation, LostPart, SessionEvent } from '#modules/conversation';
import type { SendResult } from '#modules/media';
import type { Metrics } from '../telemetry/metrics.js';
import type { Logger } from '../telemetry/logger.js';
import { ClientMessages, type MessageError } from './client-messages.js';
import { toErrorEvent, toServerEvents } from './core/event-mapper.js';
import { toIntent, type DecodeImage } from './core/intent-mapper.js';
import { checkSession, toSessionConfig } from './core/turn-config.js';
import { turnLatency } from './core/vendor-mapper.js';
import { Outbox } from './outbox.js';

/** The data channel that carries the events. */
export const EVENTS_LABEL = 'oai-events';

/** The client's connection, as a call needs it. */
export interface CallPeer {
  send(label: string, text: string): SendResult;
  bufferedAmount(label: string): number;
  close(): void | Promise<void>;
}

/** What every call of the process shares. */
export interface CallEnvironment {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface CallOptions extends CallEnvironment {
  readonly id: string;
  /** The session from which the call starts. */
  readonly session: Session;
  readonly decodeImage: DecodeImage;
  /** What this call's own callbacks throw ends this call: see {@link Call.fail}. */
  readonly guard: Guard;
}

/** How often it is looked whether the last words to a client have left, and for how long at the most (ms). */
const FAREWELL_POLL_MS = 10;
const FAREWELL_MS = 250;

/** One client: its connection on one side, its conversation on the other, and the wire's events between them. */
export class Call {
  readonly id: string;
  private session: Session;
  private peer: CallPeer | null = null;
  private conversation: Conversation | null = null;
  /** Media clock of the first audio or picture. */
  private originMs: number | null = null;
  private videoOffsetMs: number | null = null;
  private closed = false;
  private readonly outbox: Outbox;
  private readonly messages: ClientMessages;

  constructor(private readonly options: CallOptions) {
    this.id = options.id;
    this.session = options.session;
    this.messages = new ClientMessages({
      guard: options.guard,
      perform: (event) => this.perform(event),
      onError: (error) => this.fault(error),
      onBug: (error) => {
        options.metrics.guarded('client_event');
        options.logger.error({ call: this.id, err: error }, 'a client event failed');
      },
    });
    this.outbox = new Outbox({
      ...options,
      onDrop: (reason, count) => options.metrics.drop(reason, count),
      onTooLarge: () => options.metrics.error('event_too_large'),
    });
  }

  /** The client has its answer: from now on it can be spoken to, as soon as it opens its channel. */
  attach(peer: CallPeer): void {
    if (!this.closed) this.peer = peer;
  }

  /**
   * Both sides are there; before this, what comes by media or as a message is lost.
   * @throws VisavisError `session_closed` where the call was closed before it began
   */
  async connect(peer: CallPeer, conversation: Conversation): Promise<void> {
    if (this.closed) {
      await conversation.close('closed before it began');
      throw new VisavisError('session_closed', 'The client left before its call began.');
    }
    this.peer = peer;
    this.conversation = conversation;
    this.options.metrics.sessionOpened();
  }

  /** No turn is under way, and the client has been sent all there is to tell. */
  get quiet(): boolean {
    const state = this.conversation?.snapshot().state ?? 'closed';
    return (state === 'idle' || state === 'closed') && this.outbox.empty;
  }

  onAudio(frame: AudioFrame): void {
    this.conversation?.pushAudio({ ...frame, ptsMs: this.sinceStart(frame.ptsMs) });
  }

  onVideo(frame: VideoFrame): void {
    const ptsMs = this.sinceStart(frame.ptsMs);
    this.videoOffsetMs = frame.arrivedAtMs - ptsMs;
    this.conversation?.pushVideo({ ...frame, ptsMs });
  }

  /** A client may open its channel anew within the call: it is greeted anew, with the session as it stands. */
  onChannel(label: string): void {
    const { peer } = this;
    if (this.closed) return;
    if (label !== EVENTS_LABEL || peer === null) {
      this.options.metrics.drop('unknown_channel');
      return;
    }
    this.outbox.open(
      { send: (text) => peer.send(label, text), bufferedAmount: () => peer.bufferedAmount(label) },
      { type: 'session.created', session: this.session },
    );
  }

  onMessage(label: string, data: string | Uint8Array): void {
    if (this.closed) return;
    if (label === EVENTS_LABEL) this.messages.push(data);
    else this.options.metrics.drop('unknown_channel');
  }

  /** The connection dropped packets, frames or messages. Only of a message is the client told. */
  onDrop(reason: string, count: number): void {
    this.options.metrics.drop(reason, count);
    if (reason === 'oversized_message' && !this.closed) this.messages.tooLarge();
  }

  /** A part that the call rests on is lost for good, and the call goes on without: it must not only be deaf or blind. */
  onLost(part: LostPart, why: string): void {
    this.onSessionEvent({ type: 'part_lost', part, why });
  }

  onSessionEvent(event: SessionEvent): void {
    if (this.closed) return;
    // The timing of a turn tells when its first text left, so that must have left by now.
    if (event.type === 'turn_timing') this.outbox.flush();
    this.count(event);
    const clock = {
      nowMs: this.options.clock.nowMs(),
      videoOffsetMs: this.videoOffsetMs,
      firstSentAtMs: (responseId: string) => this.outbox.firstSentAtMs(responseId),
    };
    for (const body of toServerEvents(event, this.session, clock)) this.outbox.push(body);
    this.options.logger.debug({ call: this.id, event: event.type }, 'session event');
  }

  /** Ends both sides. Idempotent. */
  async close(reason: string): Promise<void> {
    if (!this.closed) await this.end(reason, null);
  }

  /** Ends the call by a fault of ours, whose code is the reason. The client is told, as far as its channel lets it. */
  async fail(error: VisavisError): Promise<void> {
    if (!this.closed) await this.end(error.code, error);
  }

  /** From its first line on, nothing that comes from either side is looked at. */
  private async end(reason: string, error: VisavisError | null): Promise<void> {
    this.closed = true;
    const { peer, conversation } = this;
    this.peer = null;
    this.conversation = null;
    if (conversation !== null) {
      this.options.metrics.sessionClosed(this.id, reason);
      this.options.logger.info({ call: this.id, reason }, 'call closed');
    }
    try {
      if (error !== null) await this.farewell(error);
    } finally {
      this.outbox.close();
      // The connection first: its sockets close, whatever becomes of the conversation.
      const closed = peer?.close();
      await conversation?.close(reason);
      await closed;
    }
  }

  private async farewell({ code, message, param }: VisavisError): Promise<void> {
    this.fault({ code, message, param, clientEventId: null });
    this.outbox.flush();
    for (let ms = 0; ms < FAREWELL_MS && !this.outbox.empty; ms += FAREWELL_POLL_MS) {
      await sleep(FAREWELL_POLL_MS);
    }
  }

  private async perform(event: ClientEvent): Promise<void> {
    const { conversation } = this;
    if (conversation === null) throw new VisavisError('session_closed', 'The call is closed.');
    switch (event.type) {
      case 'session.update': {
        const session = mergeSession(this.session, event.session);
        checkSession(session);
        this.session = session;
        conversation.intent({
          k: 'session_update',
          config: toSessionConfig(this.session),
          ...(event.event_id !== undefined && { clientEventId: event.event_id }),
        });
        return;
      }
      case 'output_audio_buffer.clear':
        // Answers are text: there is no audio to clear, but stock clients always send this when they interrupt.
        conversation.intent({ k: 'reading_stopped' });
        this.outbox.push({ type: 'output_audio_buffer.cleared' });
        return;
      case 'input_audio_buffer.append':
        throw new VisavisError('invalid_event', 'The audio of a WebRTC call comes by its track.', 'type');
      default:
        conversation.intent(await toIntent(event, this.options.decodeImage));
    }
  }

  /** Clients count the time of a call from its first media. */
  private sinceStart(ptsMs: number): number {
    this.originMs ??= ptsMs;
    return ptsMs - this.originMs;
  }

  private fault(error: MessageError): void {
    this.options.metrics.error(error.code);
    this.outbox.push(toErrorEvent(error));
  }

  private count(event: SessionEvent): void {
    const { metrics } = this.options;
    switch (event.type) {
      case 'error':
        return metrics.error(event.error.code);
      case 'part_lost':
        metrics.error('part_lost');
        return metrics.lost(event.part);
      case 'frame_dropped':
        return metrics.drop(event.reason);
      case 'response_done':
        return metrics.turn(event.response.status);
      case 'speculation_ended':
        return metrics.speculation(event);
      case 'context_receipt':
        return metrics.context(this.id, event.tokens);
      case 'turn_timing':
        return metrics.latency(turnLatency(event, this.outbox.firstSentAtMs(event.responseId)));
      default:
        return;
    }
  }
}
