import {
  mergeSession,
  type ClientEvent,
  type ResponseParams,
  type ResumeTicket,
  type ServerEventBody,
  type Session,
} from '@vis-a-vis/protocol';
import { VisavisError, type AudioFrame, type Guard, type VideoFrame } from '#modules/contracts';
import type {
  ClientIntent,
  Conversation,
  ConversationLoad,
  LostPart,
  SessionEvent,
} from '#modules/conversation';
import type { Grant } from './access.js';
import { Arrival } from './arrival.js';
import { Audience, bidFarewell } from './audience.js';
import type { AudioSink } from './audio-input.js';
import { untagId } from './core/client-ids.js';
import { toServerEvents } from './core/event-mapper.js';
import { asksForAnswer, toIntent, type ConversationEvent } from './core/intent-mapper.js';
import { degradedEvent, type Level } from './core/admission/level.js';
import { checkTold, toldOf } from './core/told-size.js';
import { checkedSession, toSessionConfig } from './core/turn-config.js';
import type { WireClock } from './core/vendor-mapper.js';
import type { CallEnvironment, CallOptions, Connection } from './call-options.js';
import { countEvent } from './count-event.js';
import type { Listener } from './listener.js';
import type { Seat } from './seat.js';
import type { Tape } from './tape.js';

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
  private readonly audience = new Audience();
  private latestResponseId = '';
  /** What was told last of what it is given. */
  private toldLevel = '';

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

  /** Where the operator wants a record of it. */
  get tape(): Tape | null {
    return this.options.tape ?? null;
  }

  /** What transports are made with. */
  get environment(): CallEnvironment & { readonly guard: Guard } {
    return this.options;
  }

  /** How long (ms) it is kept for a client whose connection is lost; 0: not at all. */
  get resumeWindowMs(): number {
    return this.options.resumption?.windowMs ?? 0;
  }

  /** Its client comes back when its connection is lost. */
  get wantsResume(): boolean {
    return this.resumeWindowMs > 0 && this.session.visavis.resume;
  }

  /** There is something to come back to. */
  get keeps(): boolean {
    return this.wantsResume && this.conversation !== null;
  }

  /** How its client comes back; the one that it has is void from now on. */
  ticket(): ResumeTicket | null {
    return this.options.resumption?.ticketFor(this) ?? null;
  }

  /** What a client is told first, by whatever carries its events. */
  get greeting(): Extract<ServerEventBody, { type: 'session.created' }> {
    return { type: 'session.created', session: this.session, ...this.options.greeting };
  }

  /** No turn is under way, and the clients have been sent all there is to tell. */
  get quiet(): boolean {
    const state = this.conversation?.snapshot().state ?? 'closed';
    return (state === 'idle' || state === 'closed') && this.audience.empty;
  }

  /**
   * A client takes part: from now on its listener is told everything that happens, and errors that its own events cause.
   * Events that it sends before the call has begun are performed then.
   * @throws VisavisError `session_closed`, `capacity` where too many take part already
   */
  join(listener: Listener): Seat {
    if (this.closed) throw new VisavisError('session_closed', 'The call is closed.');
    const { guard, metrics, logger } = this.options;
    return this.audience.join({
      listener,
      guard,
      begun: this.arrival.begun,
      perform: (event) => this.perform(event, listener),
      onMissedItem: () => this.conversation?.intent({ k: 'item_refused' }),
      onError: (code) => metrics.error(code),
      onBug: (error) => {
        metrics.guarded('client_event');
        logger.error({ call: this.id, err: error }, 'a client event failed');
      },
    });
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

  /** What it uses of what all calls share; null: it has not begun, or is over. */
  get load(): ConversationLoad | null {
    return this.conversation?.load() ?? null;
  }

  /** What there is for its camera from now on. */
  give(level: Level): void {
    if (this.closed || this.conversation === null) return;
    this.conversation.share(level.camera);
    const event = degradedEvent(level);
    const told = JSON.stringify(event);
    if (told === this.toldLevel) return;
    this.toldLevel = told;
    if (this.session.visavis.events.includes('degraded')) this.audience.tell(event);
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
    if (event.type === 'turn_timing') this.audience.flush();
    const span = this.options.trace?.note(event, this.firstSentAtMs) ?? null;
    countEvent(this.options.metrics, { callId: this.id, event, span }, this.firstSentAtMs);
    if (event.type === 'response_created') this.latestResponseId = event.response.id;
    if (event.type === 'error') this.audience.tellError(event.error);
    else for (const body of toServerEvents(event, this.session, this.wireClock)) this.audience.tell(body);
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
    this.options.trace?.end(reason);
    const { connection, conversation } = this;
    const listeners = this.audience.dismiss();
    this.connection = null;
    this.conversation = null;
    this.arrival.begin();
    if (conversation !== null) {
      this.options.metrics.sessionClosed(this.id, reason);
      this.options.logger.info({ call: this.id, reason }, 'call closed');
    }
    try {
      if (error !== null) {
        this.options.metrics.error(error.code);
        await bidFarewell(error, listeners);
      }
    } finally {
      for (const listener of listeners) listener.end(reason);
      // The connection first: its sockets close, whatever becomes of the conversation.
      const closed = connection?.close();
      this.tape?.close(reason);
      await conversation?.close(reason);
      await closed;
    }
  }

  /** @param event its id says whose it is @param listener its client's */
  private async perform(event: ClientEvent, listener: Listener): Promise<void> {
    const { audioInput = null } = this.options;
    if (this.conversation === null) throw new VisavisError('session_closed', 'The call is closed.');
    switch (event.type) {
      case 'session.update': {
        const after = checkedSession(mergeSession(this.session, event.session));
        this.grant.checkChange(this.session, after);
        checkTold(after, listener.largestBytes, 'session');
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
        this.audience.tell({ type: 'output_audio_buffer.cleared', response_id: this.latestResponseId });
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
        this.conversation?.intent(await this.intentOf(event, listener));
      }
    }
  }

  /** Where an item cannot be had, what is asked for behind it is not answered from nothing. */
  private async intentOf(event: ConversationEvent, { largestBytes }: Listener): Promise<ClientIntent> {
    const { decodeImage } = this.options;
    const { format } = this.session.audio.input;
    try {
      if (event.type === 'conversation.item.create') checkTold(toldOf(event.item), largestBytes, 'item');
      return await toIntent(event, { decodeImage, format });
    } catch (error) {
      if (event.type === 'conversation.item.create' && asksForAnswer(event.item))
        this.conversation?.intent({ k: 'item_refused' });
      throw error;
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

  private get wireClock(): WireClock {
    const { videoOffsetMs, firstSentAtMs } = this;
    return { nowMs: this.options.clock.nowMs(), videoOffsetMs, firstSentAtMs };
  }

  private readonly firstSentAtMs = (responseId: string) => this.audience.firstSentAtMs(responseId);

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
