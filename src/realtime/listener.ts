import type { ServerEventBody } from '@vis-a-vis/protocol';
import type { SendResult } from '#modules/media';

/** What carries text to a client: a data channel, a WebSocket, a stream of server-sent events. */
export interface Channel {
  /** Throws nothing: a channel that closes, or a client that takes less, is told by the result. */
  send(text: string): SendResult;
  /** Bytes that the channel has taken and not yet sent. */
  bufferedAmount(): number;
  /** The largest text that it takes (bytes of UTF-8). */
  readonly largestBytes: number;
}

/** One that is told what happens in a call. Nothing of it throws. */
export interface Listener {
  /** Nothing waits for this client any more, as far as it can still be told anything. */
  readonly empty: boolean;
  /** The largest event that this client can be told (bytes of UTF-8). */
  readonly largestBytes: number;
  /** The next event, in order. */
  push(event: ServerEventBody): void;
  /** What waits is to leave now, as far as the client keeps up. */
  flush(): void;
  /** When the first text of a response was handed to the channel (gateway clock, ms); null if none was. */
  firstSentAtMs(responseId: string): number | null;
  /** The call is over. Nothing is pushed after this. */
  end(reason: string): void;
}
