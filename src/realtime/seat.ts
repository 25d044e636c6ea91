import type { ClientEvent } from '@vis-a-vis/protocol';
import { VisavisError, type ErrorCode, type Guard } from '#modules/contracts';
import { toErrorEvent } from './core/event-mapper.js';
import type { Listener } from './listener.js';

/** What went wrong with a message; `clientEventId` is the client's own id of the event, where it gave one. */
export interface MessageError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
  readonly clientEventId: string | null;
}

export interface SeatParts {
  readonly listener: Listener;
  /** The call's conversation is there, or the call has ended. */
  readonly begun: Promise<void>;
  /** Performs one event. A `VisavisError` it throws becomes an error event. */
  perform(event: ClientEvent): Promise<void>;
  /** An item was to come now, and could not be read. */
  onMissedItem(): void;
  onError(code: ErrorCode): void;
  /** What `perform` threw that is no `VisavisError`: a bug. */
  onBug(error: unknown): void;
  onLeave(): void;
  /** Nobody awaits what is performed. */
  readonly guard: Guard;
}

/** Most that may wait (bytes), for instance behind a picture that is decoded. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** What an event costs beside its text. */
const EVENT_BYTES = 512;

/** One client's place in a call: performs its events one after another. A bad one never ends the session. */
export class Seat {
  #tail: Promise<void>;
  #waitingBytes = 0;
  #left = false;
  /** Called whenever less waits: a transport that stopped reading may go on. */
  onRoom: () => void = () => undefined;

  constructor(private readonly parts: SeatParts) {
    this.#tail = parts.begun;
  }

  /** What has been taken and not been performed yet. A transport that can, stops reading where this is much. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Performs an event after those before it; what comes of it, the listener is told.
   * @param bytes the size of its message. Where too much waits already it is refused, unless it is the only one
   */
  take(event: ClientEvent, bytes: number): void {
    if (this.#left) return;
    const cost = bytes + EVENT_BYTES;
    if (this.#waitingBytes > 0 && this.#waitingBytes + cost > MAX_WAITING_BYTES) {
      const clientEventId = event.event_id ?? null;
      this.refuse({ code: 'shed', message: 'Too many events are waiting.', param: null, clientEventId });
      return;
    }
    this.#waitingBytes += cost;
    this.#tail = this.#tail.then(() => this.#perform(event, cost));
    this.parts.guard.watch('client_event', this.#tail);
  }

  /** A message that could not be read, or may not be sent: its sender is told, and nobody else. */
  refuse(error: MessageError): void {
    if (this.#left) return;
    this.parts.onError(error.code);
    this.parts.listener.push(toErrorEvent(error));
  }

  /** An item that could not be read was to come behind all that has been taken. */
  missItem(): void {
    this.#tail = this.#tail.then(() => {
      if (!this.#left) this.parts.onMissedItem();
    });
    this.parts.guard.watch('client_event', this.#tail);
  }

  /** The client has gone; the call goes on. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.parts.onLeave();
  }

  async #perform(event: ClientEvent, cost: number): Promise<void> {
    try {
      if (!this.#left) await this.parts.perform(event);
    } catch (error) {
      if (!(error instanceof VisavisError)) this.parts.onBug(error);
      const known =
        error instanceof VisavisError ? error : new VisavisError('internal_error', 'Internal error.');
      const { code, message, param } = known;
      this.refuse({ code, message, param, clientEventId: event.event_id ?? null });
    } finally {
      this.#waitingBytes -= cost;
      this.onRoom();
    }
  }
}
