import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEventBody } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';
import { tagId, untagId } from './core/client-ids.js';
import { toErrorEvent } from './core/event-mapper.js';
import type { Listener } from './listener.js';
import { Seat, type MessageError, type SeatParts } from './seat.js';

/** How often it is looked whether the last words to a client have left, and for how long at the most (ms). */
const FAREWELL_POLL_MS = 10;
const FAREWELL_MS = 250;
/** Clients of one call at a time. */
const MAX_SEATS = 16;

/** What a place in a call is made with; see {@link SeatParts}. */
export interface Joining extends Omit<SeatParts, 'perform' | 'onLeave'> {
  /** Its event, whose id says whose it is. */
  perform: SeatParts['perform'];
}

/** The clients that take part in a call: each has a seat, is told everything, and errors of its own events. */
export class Audience {
  private readonly seats = new Map<number, { readonly seat: Seat; readonly listener: Listener }>();
  private seated = 0;

  /** @throws VisavisError `capacity` where too many take part already */
  join({ perform, ...parts }: Joining): Seat {
    if (this.seats.size >= MAX_SEATS)
      throw new VisavisError('capacity', 'Too many clients are in this call.');
    const number = ++this.seated;
    const seat = new Seat({
      ...parts,
      perform: (event) => perform({ ...event, event_id: tagId(number, event.event_id) }),
      onLeave: () => this.seats.delete(number),
    });
    this.seats.set(number, { seat, listener: parts.listener });
    return seat;
  }

  get listeners(): readonly Listener[] {
    return [...this.seats.values()].map(({ listener }) => listener);
  }

  /** Nothing waits for anybody. */
  get empty(): boolean {
    return this.listeners.every(({ empty }) => empty);
  }

  tell(body: ServerEventBody): void {
    for (const { listener } of this.seats.values()) listener.push(body);
  }

  /** What a client's own event led to is that client's business. */
  tellError(error: MessageError): void {
    const cause = untagId(error.clientEventId);
    const body = toErrorEvent({ ...error, clientEventId: cause?.eventId ?? null });
    if (cause === null) this.tell(body);
    else this.seats.get(cause.seat)?.listener.push(body);
  }

  /** What waits is to leave now. */
  flush(): void {
    for (const listener of this.listeners) listener.flush();
  }

  /** When the first text of a response left for the first of them (gateway clock, ms); null: it has not. */
  firstSentAtMs(responseId: string): number | null {
    const times = this.listeners.map((one) => one.firstSentAtMs(responseId)).filter((at) => at !== null);
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** Nobody takes part any more. @returns who did */
  dismiss(): readonly Listener[] {
    const { listeners } = this;
    for (const { seat } of this.seats.values()) seat.leave();
    return listeners;
  }
}

/** Tells why a call ends, and waits a moment for the words to leave. */
export async function bidFarewell(error: VisavisError, listeners: readonly Listener[]): Promise<void> {
  const { code, message, param } = error;
  for (const listener of listeners) {
    listener.push(toErrorEvent({ code, message, param, clientEventId: null }));
    listener.flush();
  }
  for (let ms = 0; ms < FAREWELL_MS && !listeners.every(({ empty }) => empty); ms += FAREWELL_POLL_MS) {
    await sleep(FAREWELL_POLL_MS);
  }
}
