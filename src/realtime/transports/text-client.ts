import { MAX_MESSAGE_BYTES, parseClientEvent } from '@vis-a-vis/protocol';
import type { ErrorCode } from '#modules/contracts';
import type { Call } from '../call.js';
import { toErrorEvent } from '../core/event-mapper.js';
import type { Channel } from '../listener.js';
import type { Seat } from '../seat.js';
import { Outbox, type OutboxOptions } from './outbox.js';

/** What differs between the carriers of text. */
export interface TextClientOptions extends Pick<OutboxOptions, 'encode' | 'onEnd'> {
  /** The largest message that is read (bytes of UTF-8). Default: the largest that a browser can receive. */
  readonly maxMessageBytes?: number;
  /** Takes a message in the place of the protocol's own reader; `bytes` is its size. */
  readonly onText?: (text: string, bytes: number) => void;
  /** Too much waits for this client already. */
  readonly onSlow?: () => void;
}

/** Server events on their way to one client of a call. */
export function outboxFor(call: Call, options: TextClientOptions = {}): Outbox {
  const { environment } = call;
  const { metrics } = environment;
  return new Outbox({
    ...environment,
    ...options,
    onDrop: (reason, count) => {
      metrics.drop(reason, count);
      if (reason === 'slow_client') options.onSlow?.();
    },
    onTooLarge: () => metrics.error('event_too_large'),
  });
}

/** A client that speaks in text messages, the protocol itself in JSON unless `onText` reads them, by whatever carries these. */
export class TextClient {
  readonly #call: Call;
  readonly #outbox: Outbox;
  readonly #seat: Seat;
  readonly #maxBytes: number;
  readonly #onText: (text: string, bytes: number) => void;

  /** @throws VisavisError `session_closed`, `capacity` */
  constructor(call: Call, options: TextClientOptions = {}) {
    this.#call = call;
    this.#outbox = outboxFor(call, options);
    this.#seat = call.join(this.#outbox);
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#onText = options.onText ?? ((text, bytes) => this.#read(text, bytes));
  }

  /** Its place in the call. */
  get seat(): Seat {
    return this.#seat;
  }

  /** A client may open its channel anew within the call: it is greeted anew, with the session as it stands. */
  open(channel: Channel): void {
    this.#outbox.open(channel, this.#call.greeting);
  }

  /** One message came. */
  message(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      this.#refuse('invalid_event', 'Binary messages are not understood.');
      return;
    }
    const bytes = Buffer.byteLength(data);
    if (bytes > this.#maxBytes) this.tooLarge();
    else this.#onText(data, bytes);
  }

  #read(data: string, bytes: number): void {
    const parsed = parseClientEvent(data);
    if (parsed.ok) return this.#seat.take(parsed.event, bytes);
    const { code, message, param, eventId, type } = parsed.problem;
    this.#seat.refuse({ code, message, param, clientEventId: eventId });
    if (type === 'conversation.item.create') this.#seat.missItem();
  }

  /** A message beyond the limit came; it may have been dropped before it was read. */
  tooLarge(): void {
    this.#refuse('message_too_large', `A message may have at most ${this.#maxBytes} bytes.`);
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

  #refuse(code: 'invalid_event' | 'message_too_large', message: string): void {
    this.#seat.refuse({ code, message, param: null, clientEventId: null });
  }
}
