import { MAX_MESSAGE_BYTES, parseClientEvent, type ClientEvent } from '@vis-a-vis/protocol';
import { VisavisError, type ErrorCode, type Guard } from '#modules/contracts';

/** What went wrong with a message; `clientEventId` is the client's own id of the event, where it gave one. */
export interface MessageError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
  readonly clientEventId: string | null;
}

export interface ClientMessageHandlers {
  /** Performs one event. A `VisavisError` it throws becomes an error event. */
  perform(event: ClientEvent): Promise<void>;
  onError(error: MessageError): void;
  /** What `perform` threw that is no `VisavisError`: a bug. */
  onBug(error: unknown): void;
  /** Nobody awaits what is performed. */
  readonly guard: Guard;
}

/** Messages that may wait while an image is decoded. */
const MAX_WAITING = 64;

/** Reads the messages of a data channel, and performs them one after another. A bad one never ends the session. */
export class ClientMessages {
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly handlers: ClientMessageHandlers) {}

  push(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      this.fail('invalid_event', 'Binary messages are not understood.', null, null);
      return;
    }
    if (Buffer.byteLength(data) > MAX_MESSAGE_BYTES) {
      this.tooLarge();
      return;
    }
    const parsed = parseClientEvent(data);
    if (!parsed.ok) {
      const { code, message, param, eventId } = parsed.problem;
      this.fail(code, message, param, eventId);
      return;
    }
    const { event } = parsed;
    if (this.waiting >= MAX_WAITING) {
      this.fail('shed', 'Too many events are waiting.', null, event.event_id ?? null);
      return;
    }
    this.waiting += 1;
    this.tail = this.tail.then(() => this.perform(event));
    this.handlers.guard.watch('client_event', this.tail);
  }

  /** A message beyond the limit came; it may have been dropped before it was read. */
  tooLarge(): void {
    this.fail('message_too_large', `A message may have at most ${MAX_MESSAGE_BYTES} bytes.`, null, null);
  }

  private async perform(event: ClientEvent): Promise<void> {
    try {
      await this.handlers.perform(event);
    } catch (error) {
      if (!(error instanceof VisavisError)) this.handlers.onBug(error);
      const known =
        error instanceof VisavisError ? error : new VisavisError('internal_error', 'Internal error.');
      this.fail(known.code, known.message, known.param, event.event_id ?? null);
    } finally {
      this.waiting -= 1;
    }
  }

  private fail(code: ErrorCode, message: string, param: string | null, clientEventId: string | null): void {
    this.handlers.onError({ code, message, param, clientEventId });
  }
}
