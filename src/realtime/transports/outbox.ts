import { MAX_MESSAGE_BYTES, type Resumed, type ServerEventBody } from '@vis-a-vis/protocol';
import type { Clock, Guard, IdSource } from '#modules/contracts';
import type { SendResult } from '#modules/media';
import { DeltaCoalescer } from '../core/delta-coalescer.js';
import { toErrorEvent } from '../core/event-mapper.js';
import type { Replay } from '../core/replay.js';
import { splitDelta } from '../core/split-delta.js';
import type { Channel, Listener } from '../listener.js';

/** What an event is as text. Most are one message; an event that a client of this kind is not told of is none. */
export type Encode = (event: ServerEventBody, eventId: string) => readonly string[];

/**
 * Why an event did not reach a client:
 * - `slow_client`: too many wait for it already.
 * - `oversized_event`: it is larger than the client takes; an error event took its place, where that fits.
 * - `no_channel`: the client has opened no channel, or has closed it.
 */
export type OutboxDrop = 'slow_client' | 'oversized_event' | 'no_channel';

export interface OutboxOptions {
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly onDrop: (reason: OutboxDrop, count: number) => void;
  /** An error event takes the place of one that the client does not take. */
  readonly onTooLarge: () => void;
  /** Default: OpenAI Realtime's own JSON. */
  readonly encode?: Encode;
  /** The call is over, and what could still be sent has been. */
  readonly onEnd?: (reason: string) => void;
  /** What this client is sent is kept for when it comes back; left out: it is not. */
  readonly replay?: Replay;
  /** Whether it is, as things stand. Default: no. */
  readonly keeps?: () => boolean;
  /** What this client is told beside what all are, now and never again. Default: nothing. */
  readonly dress?: (event: ServerEventBody) => ServerEventBody;
}

/** Of a client that comes back. */
export interface ComingBack {
  /** Id of the event that it had last; null: it has none. */
  readonly lastEventId: string | null;
  /** What it is told first. */
  readonly greet: (missed: Pick<Resumed, 'replayed' | 'missed'>) => ServerEventBody;
}

/** Above this, events wait (and deltas join) until the client has read some. */
const HIGH_WATER_BYTES = 64 * 1024;
/** One turn of the event loop may hold far more than that, for a client that keeps up; never more than this for one that reads nothing. */
const MOST_BUFFERED_BYTES = 4 * 1024 * 1024;
/** How long to wait before the channel is looked at again (ms). */
const RETRY_MS = 20;
/** Most events that wait; a client that slow is past help. */
const MAX_WAITING = 1000;
/** Most events that wait for the first channel: there may never be one. */
const MAX_UNOPENED = 200;

/**
 * Sends server events in order. What is pushed in one turn of the event loop leaves together, so deltas that are ready
 * at the same time share a message. The client may close its channel and open another: what comes in between is dropped,
 * unless it is kept for a client that comes back (`replay`).
 */
export class Outbox implements Listener {
  private readonly waiting = new DeltaCoalescer();
  private channel: Channel | null = null;
  /** `before`: no channel has been opened yet. `away`: it is gone, and what comes is kept. */
  private state: 'before' | 'open' | 'away' | 'closed' = 'before';
  private immediate: NodeJS.Immediate | null = null;
  private retry: NodeJS.Timeout | null = null;
  /** The newest response of which text was sent. */
  private firstSent: { readonly responseId: string; readonly atMs: number } | null = null;

  private readonly encode: Encode;

  constructor(private readonly options: OutboxOptions) {
    this.encode = options.encode ?? ((event, eventId) => [JSON.stringify({ ...event, event_id: eventId })]);
  }

  /** There is nothing that could still leave for the client. Without a channel nothing can. */
  get empty(): boolean {
    return this.channel === null || (this.waiting.length === 0 && this.channel.bufferedAmount() === 0);
  }

  get largestBytes(): number {
    return Math.min(MAX_MESSAGE_BYTES, this.channel?.largestBytes ?? MAX_MESSAGE_BYTES);
  }

  /** A channel opened: the greeting goes first, then what waited so far. A channel before it is not used any more. */
  open(channel: Channel, greeting: ServerEventBody | null): void {
    const before = this.waiting.take();
    this.channel = channel;
    this.state = 'open';
    if (greeting && this.options.replay) {
      // It is made anew for each connection.
      this.sendAll(
        channel,
        this.encode(greeting, this.options.replay.greetingId(this.options.replay.lastId)),
      );
    } else if (greeting) this.waiting.push(greeting);
    for (const event of before) this.waiting.push(event);
    this.flush();
  }

  /** The client comes back by this channel: it is sent what it has missed, and goes on from there. */
  resume(channel: Channel, { lastEventId, greet }: ComingBack): void {
    const { replay, clock } = this.options;
    // What waited comes behind what was sent.
    this.detach();
    if (replay === undefined) return;
    const { events, lost } = replay.after(lastEventId, clock.nowMs());
    this.channel = channel;
    this.state = 'open';
    const first = [greet({ replayed: events.length, missed: lost }), ...(lost > 0 ? [eventsLost(lost)] : [])];
    for (const event of first) this.sendAll(channel, this.encode(event, replay.greetingId(lastEventId)));
    for (const { type, messages } of events) {
      const result = this.sendAll(channel, messages);
      // All of it is still kept.
      if (result === 'not_open') return this.detach();
      if (result === 'too_large') for (const event of this.inPlaceOf(type)) this.waiting.push(event);
    }
    this.flush();
  }

  push(event: ServerEventBody): void {
    if (this.state === 'closed') return this.options.onDrop('no_channel', 1);
    // Many may come in one turn of the event loop, for a client that keeps up.
    if (this.waiting.length >= MAX_WAITING) this.flush();
    if (this.waiting.length >= (this.state === 'before' ? MAX_UNOPENED : MAX_WAITING)) {
      return this.options.onDrop(this.state === 'before' ? 'no_channel' : 'slow_client', 1);
    }
    this.waiting.push(event);
    if (this.state !== 'before') {
      this.immediate ??= setImmediate(this.options.guard.wrap('outbox', () => this.flush()));
    }
  }

  /** Sends what waits, as far as the client keeps up. */
  flush(): void {
    this.stopTimers();
    if (this.state === 'away') return this.detach();
    const { channel } = this;
    if (channel === null || this.waiting.length === 0) return;
    if (channel.bufferedAmount() > HIGH_WATER_BYTES) {
      this.retry = setTimeout(
        this.options.guard.wrap('outbox', () => this.flush()),
        RETRY_MS,
      );
      return;
    }
    const events = this.waiting.take();
    for (let event = events.shift(); event; event = events.shift()) {
      const isFull = channel.bufferedAmount() > MOST_BUFFERED_BYTES;
      const result = isFull ? 'not_sent' : this.put(channel, event);
      if (result === 'sent') continue;
      if (result === 'too_large') {
        events.unshift(...smaller(event, () => this.inPlaceOf(event.type)));
        continue;
      }
      for (const later of [event, ...events]) this.waiting.push(later);
      if (isFull) return this.flush();
      if (this.keeps) return this.detach();
      this.options.onDrop('no_channel', this.waiting.length);
      return this.close();
    }
  }

  /** When the first text of a response was handed to the channel; null if none was. */
  firstSentAtMs(responseId: string): number | null {
    return this.firstSent?.responseId === responseId ? this.firstSent.atMs : null;
  }

  end(reason: string): void {
    this.flush();
    this.close();
    this.options.onEnd?.(reason);
  }

  /** What waits is dropped, and this is sent in its place, whatever the channel has yet to send. */
  giveUp(last: ServerEventBody): void {
    const { channel } = this;
    this.options.onDrop('no_channel', this.waiting.length);
    this.close();
    if (channel !== null) this.put(channel, last);
  }

  /** The channel is gone, and its client may come back: what waits for it is kept, and what comes. */
  detach(): void {
    const { replay, clock } = this.options;
    if (replay === undefined || this.state === 'closed') return this.close();
    this.stopTimers();
    this.channel = null;
    this.state = 'away';
    for (const event of this.waiting.take())
      replay.keep(event.type, this.encode(event, replay.nextId), clock.nowMs());
  }

  /** The channel is gone: what waits for it is dropped, and what comes until another opens. */
  close(): void {
    this.stopTimers();
    this.channel = null;
    this.state = 'closed';
    this.waiting.take();
  }

  private get keeps(): boolean {
    return this.options.replay !== undefined && (this.options.keeps?.() ?? false);
  }

  /** One that the client does not take is told by its name. */
  private inPlaceOf(type: string): readonly ServerEventBody[] {
    this.options.onDrop('oversized_event', 1);
    this.options.onTooLarge();
    return [tooLarge(type)];
  }

  private put(channel: Channel, event: ServerEventBody): SendResult {
    const { replay, ids, clock, dress } = this.options;
    const id = replay?.nextId ?? ids.next('event');
    const dressed = dress?.(event) ?? event;
    const messages = this.encode(dressed, id);
    const result = this.sendAll(channel, messages);
    if (result !== 'sent') return result;
    if (this.keeps)
      replay?.keep(event.type, dressed === event ? messages : this.encode(event, id), clock.nowMs());
    else replay?.pass();
    if (event.type === 'response.output_text.delta' && this.firstSent?.responseId !== event.response_id) {
      this.firstSent = { responseId: event.response_id, atMs: clock.nowMs() };
    }
    return result;
  }

  private sendAll(channel: Channel, messages: readonly string[]): SendResult {
    for (const text of messages) {
      const result = Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? 'too_large' : channel.send(text);
      if (result !== 'sent') return result;
    }
    return 'sent';
  }

  private stopTimers(): void {
    if (this.immediate !== null) clearImmediate(this.immediate);
    if (this.retry !== null) clearTimeout(this.retry);
    this.immediate = null;
    this.retry = null;
  }
}

/** As short as it can be said: it must fit where the event did not. */
function tooLarge(type: string): ServerEventBody {
  const message = 'This event is too large for this channel.';
  return toErrorEvent({ code: 'event_too_large', message, param: type, clientEventId: null });
}

/** What takes the place of an event that is too large: text comes in parts. */
function smaller(
  event: ServerEventBody,
  otherwise: () => readonly ServerEventBody[],
): readonly ServerEventBody[] {
  if (event.type === 'response.output_text.delta') {
    const [first, second] = splitDelta(event);
    if (second !== null) return [first, second];
  }
  // A client whose limit is too small even for that goes without.
  const isLast = event.type === 'error' && event.error.code === 'event_too_large';
  return isLast ? [] : otherwise();
}

function eventsLost(count: number): ServerEventBody {
  const message = `${count} events that you missed are kept no more. The call goes on: ask for what you need.`;
  return toErrorEvent({ code: 'events_lost', message, param: String(count), clientEventId: null });
}
