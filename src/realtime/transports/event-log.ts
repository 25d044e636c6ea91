import { MAX_MESSAGE_BYTES, type ServerEventBody } from '@vis-a-vis/protocol';
import type { Clock, Guard, IdSource } from '#modules/contracts';
import type { Listener } from '../listener.js';

/** Who reads a stream of server-sent events: of an HTTP response as much as is needed. */
export interface Reader {
  /** Bytes that were taken and not yet sent. */
  readonly writableLength: number;
  write(text: string): unknown;
  end(): void;
}

export interface EventLogOptions {
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly onDrop: (reason: 'slow_client', count: number) => void;
  readonly onEnd: () => void;
}

/** What is kept for a reader that comes late, or comes back. */
const MAX_EVENTS = 2000;
const MAX_CHARS = 1024 * 1024;
/** Above this, events wait until the reader has read some (bytes). */
const HIGH_WATER_BYTES = 64 * 1024;
const MAX_READERS = 4;
/** Whoever is between us and a reader is not to think that nothing comes any more (ms). */
const KEEP_ALIVE_MS = 15_000;

interface Entry {
  readonly text: string;
  readonly responseId: string | null;
}

/**
 * Everything that a call says, as server-sent events. A reader gets it from the beginning, or from the event after the one that it had
 * last; as far back as is kept.
 */
export class EventLog implements Listener {
  /** Its client sends no events, and reads a stream. */
  readonly largestBytes = MAX_MESSAGE_BYTES;
  readonly #options: EventLogOptions;
  #entries: Entry[] = [];
  /** Number of the first entry that is kept; the first of all is 1. */
  #first = 1;
  #chars = 0;
  /** Readers, and the number of the next event that each is to get. */
  readonly #readers = new Map<Reader, number>();
  #firstSent: { readonly responseId: string; readonly atMs: number } | null = null;
  #keepAlive: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  get empty(): boolean {
    return [...this.#readers].every(
      ([{ writableLength }, next]) => writableLength === 0 && next >= this.#next,
    );
  }

  push(event: ServerEventBody): void {
    if (this.#ended) return;
    const data = JSON.stringify({ ...event, event_id: this.#options.ids.next('event') });
    const text = `id: ${this.#next}\nevent: ${event.type}\ndata: ${data}\n\n`;
    const responseId = event.type === 'response.output_text.delta' ? event.response_id : null;
    this.#entries.push({ text, responseId });
    this.#chars += text.length;
    while (this.#entries.length > MAX_EVENTS || (this.#chars > MAX_CHARS && this.#entries.length > 1)) {
      this.#chars -= this.#entries.shift()?.text.length ?? 0;
      this.#first += 1;
    }
    this.flush();
  }

  /** @param after number of the last event that it had before; 0: none. @returns false: too many read already, or all is over */
  read(reader: Reader, after: number): boolean {
    if (this.#ended || this.#readers.size >= MAX_READERS) return false;
    this.#readers.set(reader, Math.min(Math.max(after + 1, this.#first), this.#next));
    this.#keepAlive ??= setInterval(
      this.#options.guard.wrap('event_log', () => {
        for (const idle of this.#readers.keys()) if (idle.writableLength === 0) idle.write(':\n\n');
      }),
      KEEP_ALIVE_MS,
    );
    this.flush();
    return true;
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0 || this.#keepAlive === null) return;
    clearInterval(this.#keepAlive);
    this.#keepAlive = null;
  }

  /** Sends what waits, as far as readers keep up. To be called, too, when a reader has read what it had. */
  flush(): void {
    for (const [reader, next] of this.#readers) {
      if (next < this.#first) this.#cutOff(reader, this.#first - next);
      else this.#readers.set(reader, this.#send(reader, next));
    }
  }

  firstSentAtMs(responseId: string): number | null {
    return this.#firstSent?.responseId === responseId ? this.#firstSent.atMs : null;
  }

  /** Readers are told that nothing comes any more, so that they need not come back. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.#readers.keys()) {
      reader.write(`event: closed\ndata: ${JSON.stringify({ reason })}\n\n`);
      reader.end();
      this.leave(reader);
    }
    this.#entries = [];
    this.#options.onEnd();
  }

  get #next(): number {
    return this.#first + this.#entries.length;
  }

  /** @returns number of the next event to send */
  #send(reader: Reader, from: number): number {
    let next = from;
    for (; next < this.#next && reader.writableLength <= HIGH_WATER_BYTES; next += 1) {
      const entry = this.#entries[next - this.#first];
      if (!entry) break;
      reader.write(entry.text);
      const { responseId } = entry;
      if (responseId !== null && this.#firstSent?.responseId !== responseId)
        this.#firstSent = { responseId, atMs: this.#options.clock.nowMs() };
    }
    return next;
  }

  /** It is so far behind that something is missing for good: it can come back for the rest, and sees the gap by the numbers. */
  #cutOff(reader: Reader, missed: number): void {
    this.#options.onDrop('slow_client', missed);
    reader.end();
    this.leave(reader);
  }
}
