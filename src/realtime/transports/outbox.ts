import { MAX_MESSAGE_BYTES, type ServerEventBody } from '@vis-a-vis/protocol';
import type { Clock, Guard, IdSource } from '#modules/contracts';
import type { SendResult } from '#modules/media';
import { DeltaCoalescer } from '../core/delta-coalescer.js';
import { toErrorEvent } from '../core/event-mapper.js';
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
 * at the same time share a message. The client may close its channel and open another: what comes in between is dropped.
 */
export class Outbox implements Listener {
  private readonly waiting = new DeltaCoalescer();
  private channel: Channel | null = null;
  /** `before`: no channel has been opened yet. */
  private state: 'before' | 'open' | 'closed' = 'before';
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
    for (const event of greeting ? [greeting, ...before] : before) this.waiting.push(event);
    this.flush();
  }

  push(event: ServerEventBody): void {
    if (this.state === 'closed') return this.options.onDrop('no_channel', 1);
    // Many may come in one turn of the event loop, for a client that keeps up.
    if (this.waiting.length >= MAX_WAITING) this.flush();
    if (this.waiting.length >= (this.state === 'open' ? MAX_WAITING : MAX_UNOPENED)) {
      return this.options.onDrop(this.state === 'open' ? 'slow_client' : 'no_channel', 1);
    }
    this.waiting.push(event);
    if (this.channel !== null) {
      this.immediate ??= setImmediate(this.options.guard.wrap('outbox', () => this.flush()));
    }
  }

  /** Sends what waits, as far as the client keeps up. */
  flush(): void {
    this.stopTimers();
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
    for (const [index, event] of events.entries()) {
      if (channel.bufferedAmount() > MOST_BUFFERED_BYTES) {
        for (const later of events.slice(index)) this.waiting.push(later);
        return this.flush();
      }
      if (this.send(channel, event)) continue;
      this.options.onDrop('no_channel', events.length - index);
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

  /** The channel is gone: what waits for it is dropped, and what comes until another opens. */
  close(): void {
    this.stopTimers();
    this.channel = null;
    this.state = 'closed';
    this.waiting.take();
  }

  /** @returns false: the channel is not open any more */
  private send(channel: Channel, event: ServerEventBody): boolean {
    const result = this.put(channel, event);
    if (result !== 'too_large') return result === 'sent';
    if (event.type === 'response.output_text.delta') {
      const [first, second] = splitDelta(event);
      if (second !== null) return this.send(channel, first) && this.send(channel, second);
    }
    this.options.onDrop('oversized_event', 1);
    this.options.onTooLarge();
    return this.put(channel, tooLarge(event.type)) !== 'not_open';
  }

  private put(channel: Channel, event: ServerEventBody): SendResult {
    const result = this.sendAll(channel, this.encode(event, this.options.ids.next('event')));
    if (
      result === 'sent' &&
      event.type === 'response.output_text.delta' &&
      this.firstSent?.responseId !== event.response_id
    ) {
      this.firstSent = { responseId: event.response_id, atMs: this.options.clock.nowMs() };
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
