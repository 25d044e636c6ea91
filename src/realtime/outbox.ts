import { MAX_MESSAGE_BYTES, type ServerEventBody } from '@vis-a-vis/protocol';
import type { Clock, IdSource } from '#modules/contracts';
import { DeltaCoalescer } from './core/delta-coalescer.js';

/** The data channel, as the outbox needs it. */
export interface Channel {
  send(text: string): void;
  /** Bytes that the channel has taken and not yet sent. */
  bufferedAmount(): number;
}

/** Why an event did not reach a client. */
export type OutboxDrop = 'slow_client' | 'oversized_event';

export interface OutboxOptions {
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly onDrop: (reason: OutboxDrop) => void;
}

/** Above this, events wait (and deltas join) until the client has read some. */
const HIGH_WATER_BYTES = 64 * 1024;
/** How long to wait before the channel is looked at again (ms). */
const RETRY_MS = 20;
/** Most events that wait; a client that slow is past help. */
const MAX_WAITING = 1000;

/**
 * Sends server events in order. What is pushed in one turn of the event loop leaves together, so deltas that are ready
 * at the same time share a message.
 */
export class Outbox {
  private readonly waiting = new DeltaCoalescer();
  private channel: Channel | null = null;
  private immediate: NodeJS.Immediate | null = null;
  private retry: NodeJS.Timeout | null = null;
  /** The newest response of which text was sent. */
  private firstSent: { readonly responseId: string; readonly atMs: number } | null = null;

  constructor(private readonly options: OutboxOptions) {}

  /** Everything that was pushed has left for the client. */
  get empty(): boolean {
    return this.waiting.length === 0 && (this.channel === null || this.channel.bufferedAmount() === 0);
  }

  /** The channel opened: what waited so far is sent. */
  open(channel: Channel): void {
    this.channel = channel;
    this.flush();
  }

  push(event: ServerEventBody): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.options.onDrop('slow_client');
      return;
    }
    this.waiting.push(event);
    if (this.channel !== null) this.immediate ??= setImmediate(() => this.flush());
  }

  /** Sends what waits, as far as the client keeps up. */
  flush(): void {
    this.stopTimers();
    const { channel } = this;
    if (channel === null || this.waiting.length === 0) return;
    if (channel.bufferedAmount() > HIGH_WATER_BYTES) {
      this.retry = setTimeout(() => this.flush(), RETRY_MS);
      return;
    }
    for (const event of this.waiting.take()) this.send(channel, event);
  }

  /** When the first text of a response was handed to the channel; null if none was. */
  firstSentAtMs(responseId: string): number | null {
    return this.firstSent?.responseId === responseId ? this.firstSent.atMs : null;
  }

  close(): void {
    this.stopTimers();
    this.channel = null;
  }

  private send(channel: Channel, event: ServerEventBody): void {
    const text = JSON.stringify({ ...event, event_id: this.options.ids.next('event') });
    if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) {
      this.options.onDrop('oversized_event');
      return;
    }
    channel.send(text);
    if (event.type === 'response.output_text.delta' && this.firstSent?.responseId !== event.response_id) {
      this.firstSent = { responseId: event.response_id, atMs: this.options.clock.nowMs() };
    }
  }

  private stopTimers(): void {
    if (this.immediate !== null) clearImmediate(this.immediate);
    if (this.retry !== null) clearTimeout(this.retry);
    this.immediate = null;
    this.retry = null;
  }
}
