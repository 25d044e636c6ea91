import { mergeSession, type ClientEvent, type Session } from '@vis-a-vis/protocol';
import {
  VisavisError,
  type AudioFrame,
  type Clock,
  type IdSource,
  type VideoFrame,
} from '#modules/contracts';
import type { Conversation, SessionEvent } from '#modules/conversation';
import type { Metrics } from '../telemetry/metrics.js';
import type { Logger } from '../telemetry/logger.js';
import { ClientMessages, type MessageError } from './client-messages.js';
import { toErrorEvent, toServerEvents } from './core/event-mapper.js';
import { toIntent, type DecodeImage } from './core/intent-mapper.js';
import { toSessionConfig } from './core/turn-config.js';
import { turnLatency } from './core/vendor-mapper.js';
import { Outbox } from './outbox.js';

/** The data channel that carries the events. */
export const EVENTS_LABEL = 'oai-events';

/** The client's connection, as a call needs it. */
export interface CallPeer {
  send(label: string, text: string): void;
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
}

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
  private readonly messages = new ClientMessages({
    perform: (event) => this.perform(event),
    onError: (error) => this.fail(error),
    onBug: (error) => this.options.logger.error({ call: this.id, err: error }, 'a client event failed'),
  });

  constructor(private readonly options: CallOptions) {
    this.id = options.id;
    this.session = options.session;
    this.outbox = new Outbox({ ...options, onDrop: (reason) => options.metrics.drop(reason) });
  }

  /**
   * Both sides are there; before this, what comes from either is lost.
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

  onChannel(label: string): void {
    const { peer } = this;
    if (label !== EVENTS_LABEL || peer === null) {
      this.options.metrics.drop('unknown_channel');
      return;
    }
    this.outbox.push({ type: 'session.created', session: this.session });
    this.outbox.open({
      send: (text) => peer.send(label, text),
      bufferedAmount: () => peer.bufferedAmount(label),
    });
  }

  onMessage(label: string, data: string | Uint8Array): void {
    if (label === EVENTS_LABEL) this.messages.push(data);
    else this.options.metrics.drop('unknown_channel');
  }

  /** The connection dropped packets, frames or messages. Only of a message is the client told. */
  onDrop(reason: string, count: number): void {
    this.options.metrics.drop(reason, count);
    if (reason === 'oversized_message') this.messages.tooLarge();
  }

  onSessionEvent(event: SessionEvent): void {
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
    if (this.closed) return;
    this.closed = true;
    this.outbox.close();
    const { peer, conversation } = this;
    this.peer = null;
    this.conversation = null;
    if (conversation !== null) {
      this.options.metrics.sessionClosed(this.id);
      this.options.logger.info({ call: this.id, reason }, 'call closed');
    }
    await conversation?.close(reason);
    await peer?.close();
  }

  private async perform(event: ClientEvent): Promise<void> {
    const { conversation } = this;
    if (conversation === null) throw new VisavisError('session_closed', 'The call is closed.');
    switch (event.type) {
      case 'session.update':
        this.session = mergeSession(this.session, event.session);
        conversation.intent({
          k: 'session_update',
          config: toSessionConfig(this.session),
          ...(event.event_id !== undefined && { clientEventId: event.event_id }),
        });
        return;
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

  private fail(error: MessageError): void {
    this.options.metrics.error(error.code);
    this.outbox.push(toErrorEvent(error));
  }

  private count(event: SessionEvent): void {
    const { metrics } = this.options;
    switch (event.type) {
      case 'error':
        return metrics.error(event.error.code);
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
