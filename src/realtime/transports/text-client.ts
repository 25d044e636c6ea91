import { MAX_MESSAGE_BYTES, parseClientEvent, type Resumed, type ServerEventBody } from '@vis-a-vis/protocol';
import type { ErrorCode } from '#modules/contracts';
import type { Call } from '../call.js';
import { toErrorEvent } from '../core/event-mapper.js';
import { MOST_CHARS, MOST_EVENTS, Replay } from '../core/replay.js';
import type { Channel } from '../listener.js';
import type { Seat } from '../seat.js';
import { Outbox, type OutboxOptions } from './outbox.js';

/** What differs between the carriers of text. */
export interface TextClientOptions extends Pick<OutboxOptions, 'encode'> {
  /** The largest message that is read (bytes of UTF-8). Default: the largest that a browser can receive. */
  readonly maxMessageBytes?: number;
  /** Takes a message in the place of the protocol's own reader; `bytes` is its size. */
  readonly onText?: (text: string, bytes: number) => void;
  /** It is the call's own client, and may come back to it by another connection, where its session asks for that. */
  readonly returns?: boolean;
  readonly carrier?: Carrier;
}

/** What carries a client's messages; another may take its place. */
export interface Carrier {
  /** Too much waits for this client already. */
  onSlow?(): void;
  /** The call is over, and what could still be sent has been. */
  onEnd?(reason: string): void;
}

/** It takes this long (ms) at the most until a connection is known to be lost: what was sent meanwhile has not come. */
const NOTICED_MS = 60_000;

/** A client that speaks in text messages, the protocol itself in JSON unless `onText` reads them, by whatever carries these. */
export class TextClient {
  /** What carries its messages now. */
  carrier: Carrier;
  readonly #call: Call;
  readonly #outbox: Outbox;
  readonly #seat: Seat;
  readonly #maxBytes: number;
  readonly #onText: (text: string, bytes: number) => void;
  readonly #returns: boolean;
  /** It has been told how it comes back. */
  #hasTicket = false;
  /** Its messages so far. */
  #received = 0;

  /** @throws VisavisError `session_closed`, `capacity` */
  constructor(call: Call, options: TextClientOptions = {}) {
    this.#call = call;
    this.carrier = options.carrier ?? {};
    this.#returns = options.returns ?? false;
    this.#outbox = this.#outboxFor(options.encode);
    this.#seat = call.join(this.#outbox);
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#onText = options.onText ?? ((text, bytes) => this.#read(text, bytes));
  }

  /** Its place in the call. */
  get seat(): Seat {
    return this.#seat;
  }

  /** It comes back where its connection is lost. */
  get mayReturn(): boolean {
    return this.#returns && this.#call.keeps;
  }

  /** A client may open its channel anew within the call: it is greeted anew, with the session as it stands. */
  open(channel: Channel): void {
    this.#outbox.open(channel, this.#greeting());
  }

  /** The connection is lost, and the client may come back. */
  lost(): void {
    this.#outbox.detach();
  }

  /** It has come back, over this channel. @param lastEventId of the event that it had last; null: it has none */
  resume(channel: Channel, lastEventId: string | null): void {
    const greet = (missed: { replayed: number; missed: number }) =>
      this.#greeting({ ...missed, received: this.#received });
    this.#outbox.resume(channel, { lastEventId, greet });
  }

  /** One message came. */
  message(data: string | Uint8Array): void {
    this.#received += 1;
    if (typeof data !== 'string') {
      this.#refuse('invalid_event', 'Binary messages are not understood.');
      return;
    }
    const bytes = Buffer.byteLength(data);
    if (bytes > this.#maxBytes) this.#tooLarge();
    else this.#onText(data, bytes);
  }

  /** A message beyond the limit came, and was dropped before it was read. */
  tooLarge(): void {
    this.#received += 1;
    this.#tooLarge();
  }

  /** What waits for it is given up, and why is the last thing that it is told. */
  giveUp(code: ErrorCode, message: string): void {
    this.#outbox.giveUp(toErrorEvent({ code, message, param: null, clientEventId: null }));
  }

  /** The client has gone. */
  leave(): void {
    this.#seat.leave();
    this.#outbox.close();
  }

  #outboxFor(encode: OutboxOptions['encode']): Outbox {
    const { environment } = this.#call;
    const { metrics, ids } = environment;
    return new Outbox({
      ...environment,
      ...(encode && { encode }),
      onDrop: (reason, count) => {
        metrics.drop(reason, count);
        if (reason === 'slow_client') this.carrier.onSlow?.();
      },
      onTooLarge: () => metrics.error('event_too_large'),
      onEnd: (reason) => this.carrier.onEnd?.(reason),
      ...(this.#returns && {
        replay: new Replay(ids.next('event'), {
          events: MOST_EVENTS,
          chars: MOST_CHARS,
          ageMs: this.#call.resumeWindowMs + NOTICED_MS,
        }),
        keeps: () => this.#call.wantsResume,
        dress: (event) => this.#dressed(event),
      }),
    });
  }

  #greeting(resumed?: Resumed): ServerEventBody {
    const { greeting, wantsResume } = this.#call;
    const ticket = this.#returns && wantsResume ? this.#call.ticket() : null;
    this.#hasTicket = ticket !== null;
    const extras = { ...greeting.visavis, ...(ticket && { resume: ticket }), ...(resumed && { resumed }) };
    return Object.keys(extras).length > 0 ? { ...greeting, visavis: extras } : greeting;
  }

  /** Who asks for it under way is told then how it comes back. */
  #dressed(event: ServerEventBody): ServerEventBody {
    if (event.type !== 'session.updated' || this.#hasTicket || !this.#call.wantsResume) return event;
    const ticket = this.#call.ticket();
    this.#hasTicket = ticket !== null;
    return ticket === null ? event : { ...event, visavis: { resume: ticket } };
  }

  #read(data: string, bytes: number): void {
    const parsed = parseClientEvent(data);
    if (parsed.ok) return this.#seat.take(parsed.event, bytes);
    const { code, message, param, eventId, type } = parsed.problem;
    this.#seat.refuse({ code, message, param, clientEventId: eventId });
    if (type === 'conversation.item.create') this.#seat.missItem();
  }

  #tooLarge(): void {
    this.#refuse('message_too_large', `A message may have at most ${this.#maxBytes} bytes.`);
  }

  #refuse(code: 'invalid_event' | 'message_too_large', message: string): void {
    this.#seat.refuse({ code, message, param: null, clientEventId: null });
  }
}
