import { setTimeout as sleep } from 'node:timers/promises';
import {
  mergeSession,
  type ClientEvent,
  type IceServers,
  type ResponseParams,
  type ServerEventBody,
  type Session,
} from '@vis-a-vis/protocol';
import {
  VisavisError,
  type AudioFrame,
  type Clock,
  type Guard,
  type IdSource,
  type VideoFrame,
} from '#modules/contracts';
import type { Conversation, LostPart, SessionEvent } from '#modules/conversation';
import type { Metrics } from '../telemetry/metrics.js';
import type { Logger } from '../telemetry/logger.js';
import type { Grant } from './access.js';
import { Arrival } from './arrival.js';
import type { AudioInput, AudioSink } from './audio-input.js';
import { tagId, untagId } from './core/client-ids.js';
import { toErrorEvent, toServerEvents } from './core/event-mapper.js';
import { toIntent, type DecodeImage } from './core/intent-mapper.js';
import { checkedSession, toSessionConfig } from './core/turn-config.js';
import type { WireClock } from './core/vendor-mapper.js';
import { countEvent } from './count-event.js';
import type { Listener } from './listener.js';
import { Seat } from './seat.js';

/** What carries the call's media or its client's events, and is to be closed with it. */
export interface Connection {
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
  /** Whose call it is, and what may be changed in it. */
  readonly grant: Grant;
  /** The session from which the call starts. */
  readonly session: Session;
  readonly decodeImage: DecodeImage;
  /** What its clients are told for their ICE. */
  readonly iceServers?: { readonly visavis?: IceServers };
  /** The microphone, where it comes by events; null: it comes by a track. */
  readonly audioInput?: AudioInput | null;
  /** What this call's own callbacks throw ends this call: see {@link Call.fail}. */
  readonly guard: Guard;
}

/** How often it is looked whether the last words to a client have left, and for how long at the most (ms). */
const FAREWELL_POLL_MS = 10;
const FAREWELL_MS = 250;
/** Clients of one call at a time. */
const MAX_SEATS = 16;

/**
 * A session: its settings, its conversation, and what is said about it on the wire, in typed events. What carries these
 * to and from its clients is no business of its own: a client joins with a {@link Listener} and is given a {@link Seat}.
 */
export class Call {
  readonly id: string;
  readonly grant: Grant;
  private session: Session;
  private connection: Connection | null = null;
  private conversation: Conversation | null = null;
  /** Media clock of the first audio or picture. */
  private originMs: number | null = null;
  private videoOffsetMs: number | null = null;
  private closed = false;
  private readonly arrival = new Arrival();
  private readonly seats = new Map<number, { readonly seat: Seat; readonly listener: Listener }>();
  private seated = 0;
  private latestResponseId = '';

  constructor(private readonly options: CallOptions) {
    this.id = options.id;
    this.grant = options.grant;
    this.session = options.session;
  }

  /** The settings as they stand. */
  get settings(): Session {
    return this.session;
  }

  /** Its audio comes by events. */
  get takesAudio(): boolean {
    return this.options.audioInput != null;
  }

  /** What transports are made with. */
  get environment(): CallEnvironment & { readonly guard: Guard } {
    return this.options;
  }

  /** What a client is told first, by whatever carries its events. */
  get greeting(): ServerEventBody {
    return { type: 'session.created', session: this.session, ...this.options.iceServers };
  }

  /** No turn is under way, and the clients have been sent all there is to tell. */
  get quiet(): boolean {
    const state = this.conversation?.snapshot().state ?? 'closed';
    return (state === 'idle' || state === 'closed') && this.listeners.every(({ empty }) => empty);
  }

  /**
   * A client takes part: from now on its listener is told everything that happens, and errors that its own events cause.
   * Events that it sends before the call has begun are performed then.
   * @throws VisavisError `session_closed`, `capacity` where too many take part already
   */
  join(listener: Listener): Seat {
    if (this.closed) throw new VisavisError('session_closed', 'The call is closed.');
    if (this.seats.size >= MAX_SEATS)
      throw new VisavisError('capacity', 'Too many clients are in this call.');
    const number = ++this.seated;
    const { guard, metrics, logger } = this.options;
    const seat = new Seat({
      listener,
      guard,
      begun: this.arrival.begun,
      perform: (event) => this.perform({ ...event, event_id: tagId(number, event.event_id) }),
      onError: (code) => metrics.error(code),
      onBug: (error) => {
        metrics.guarded('client_event');
        logger.error({ call: this.id, err: error }, 'a client event failed');
      },
      onLeave: () => this.seats.delete(number),
    });
    this.seats.set(number, { seat, listener });
    return seat;
  }

  /** What is to be closed with the call, which has not begun. */
  attach(connection: Connection): void {
    if (!this.closed) this.connection = connection;
  }

  /**
   * The client is there: what it has sent by now is heard, and performed.
   * @throws VisavisError `session_closed` where the call was closed before it began
   */
  async begin(conversation: Conversation): Promise<void> {
    if (this.closed) {
      await conversation.close('closed before it began');
      throw new VisavisError('session_closed', 'The client left before its call began.');
    }
    this.conversation = conversation;
    this.options.metrics.sessionOpened();
    this.arrival.begin();
  }

  onAudio(frame: AudioFrame): void {
    this.whenBegun(() => {
      this.conversation?.pushAudio({ ...frame, ptsMs: this.sinceStart(frame.ptsMs) });
    });
  }

  onVideo(frame: VideoFrame): void {
    this.whenBegun(() => {
      const ptsMs = this.sinceStart(frame.ptsMs);
      this.videoOffsetMs = frame.arrivedAtMs - ptsMs;
      this.conversation?.pushVideo({ ...frame, ptsMs });
    });
  }

  /** Packets, frames, messages or events did not get where they should. */
  onDrop(reason: string, count: number): void {
    this.options.metrics.drop(reason, count);
  }

  /** A part that the call rests on is lost for good, and the call goes on without: it must not only be deaf or blind. */
  onLost(part: LostPart, why: string): void {
    this.onSessionEvent({ type: 'part_lost', part, why });
  }

  onSessionEvent(event: SessionEvent): void {
    if (this.closed) return;
    // The timing of a turn tells when its first text left, so that must have left by now.
    if (event.type === 'turn_timing') for (const listener of this.listeners) listener.flush();
    countEvent(this.options.metrics, this.id, event, (responseId) => this.firstSentAtMs(responseId));
    if (event.type === 'response_created') this.latestResponseId = event.response.id;
    if (event.type === 'error') this.tellError(event.error);
    else for (const body of toServerEvents(event, this.session, this.wireClock)) this.tell(body);
    this.options.logger.debug({ call: this.id, event: event.type }, 'session event');
  }

  /** Ends all sides. Idempotent. */
  async close(reason: string): Promise<void> {
    if (!this.closed) await this.end(reason, null);
  }

  /** Ends the call by a fault, whose code is the reason. The clients are told, as far as they still can be. */
  async fail(error: VisavisError): Promise<void> {
    if (!this.closed) await this.end(error.code, error);
  }

  /** From its first line on, nothing that comes from any side is looked at. */
  private async end(reason: string, error: VisavisError | null): Promise<void> {
    this.closed = true;
    const { connection, conversation, listeners } = this;
    for (const { seat } of this.seats.values()) seat.leave();
    this.connection = null;
    this.conversation = null;
    this.arrival.begin();
    if (conversation !== null) {
      this.options.metrics.sessionClosed(this.id, reason);
      this.options.logger.info({ call: this.id, reason }, 'call closed');
    }
    try {
      if (error !== null) await this.farewell(error, listeners);
    } finally {
      for (const listener of listeners) listener.end(reason);
      // The connection first: its sockets close, whatever becomes of the conversation.
      const closed = connection?.close();
      await conversation?.close(reason);
      await closed;
    }
  }

  private async farewell(error: VisavisError, listeners: readonly Listener[]): Promise<void> {
    const { code, message, param } = error;
    this.options.metrics.error(code);
    for (const listener of listeners) {
      listener.push(toErrorEvent({ code, message, param, clientEventId: null }));
      listener.flush();
    }
    for (let ms = 0; ms < FAREWELL_MS && !listeners.every(({ empty }) => empty); ms += FAREWELL_POLL_MS) {
      await sleep(FAREWELL_POLL_MS);
    }
  }

  /** @param event its id says whose it is */
  private async perform(event: ClientEvent): Promise<void> {
    const { audioInput = null, decodeImage } = this.options;
    if (this.conversation === null) throw new VisavisError('session_closed', 'The call is closed.');
    switch (event.type) {
      case 'session.update': {
        const after = checkedSession(mergeSession(this.session, event.session));
        this.grant.checkChange(this.session, after);
        this.session = after;
        audioInput?.setFormat(this.session.audio.input.format);
        this.conversation.intent({
          k: 'session_update',
          config: toSessionConfig(this.session),
          ...(event.event_id !== undefined && { clientEventId: event.event_id }),
        });
        return;
      }
      case 'output_audio_buffer.clear':
        // Answers are text: there is no audio to clear, but stock clients always send this when they interrupt.
        this.conversation.intent({ k: 'reading_stopped' });
        this.tell({ type: 'output_audio_buffer.cleared', response_id: this.latestResponseId });
        return;
      case 'input_audio_buffer.append':
        if (audioInput === null)
          throw new VisavisError('invalid_event', 'The audio of this call comes by its track.', 'type');
        await audioInput.append(event.audio, isNamed(event), this.audioSink);
        return;
      default: {
        if (event.type === 'response.create') this.checkWishes(event.response ?? {});
        if (event.type === 'input_audio_buffer.commit') await audioInput?.flush(this.audioSink);
        if (event.type === 'input_audio_buffer.clear') audioInput?.clear();
        const { format } = this.session.audio.input;
        const intent = await toIntent(event, { decodeImage, format });
        this.conversation?.intent(intent);
      }
    }
  }

  /** What a secret has fixed for the session is fixed for its responses too. @throws VisavisError `session_fixed` */
  private checkWishes({ instructions, tools, tool_choice, max_output_tokens }: ResponseParams): void {
    const all = { instructions, tools, tool_choice, max_output_tokens };
    // Null is what typed clients say for what they leave out; in a session it asks for the default.
    const wishes = Object.fromEntries(Object.entries(all).filter(([, wish]) => wish != null));
    this.grant.checkChange(this.session, mergeSession(this.session, wishes));
  }

  private get audioSink(): AudioSink {
    const unheardMs = () => this.conversation?.unheardMs ?? 0;
    return {
      push: (frame) => this.onAudio(frame),
      get unheardMs() {
        return unheardMs();
      },
    };
  }

  private get listeners(): readonly Listener[] {
    return [...this.seats.values()].map(({ listener }) => listener);
  }

  private tell(body: ServerEventBody): void {
    for (const { listener } of this.seats.values()) listener.push(body);
  }

  /** What a client's own event led to is that client's business. */
  private tellError(error: Parameters<typeof toErrorEvent>[0]): void {
    const cause = untagId(error.clientEventId);
    const body = toErrorEvent({ ...error, clientEventId: cause?.eventId ?? null });
    if (cause === null) this.tell(body);
    else this.seats.get(cause.seat)?.listener.push(body);
  }

  private get wireClock(): WireClock {
    const firstSentAtMs = (responseId: string) => this.firstSentAtMs(responseId);
    return { nowMs: this.options.clock.nowMs(), videoOffsetMs: this.videoOffsetMs, firstSentAtMs };
  }

  private firstSentAtMs(responseId: string): number | null {
    const times = this.listeners.map((one) => one.firstSentAtMs(responseId)).filter((at) => at !== null);
    return times.length > 0 ? Math.min(...times) : null;
  }

  private whenBegun(work: () => void): void {
    if (!this.closed) this.arrival.run(work, () => this.options.metrics.drop('early'));
  }

  /** Clients count the time of a call from its first media. */
  private sinceStart(ptsMs: number): number {
    this.originMs ??= ptsMs;
    return ptsMs - this.originMs;
  }
}

function isNamed({ event_id }: ClientEvent): boolean {
  return (untagId(event_id ?? null)?.eventId ?? null) !== null;
}
