import type { Call } from '../call.js';
import type { Channel } from '../listener.js';
import { TextClient } from './text-client.js';

/** One client of a WebRTC call, as far as it speaks by a data channel. */
export interface ChannelClient {
  /** The data channel that is its own. */
  readonly label: string;
  /** The client opened its channel; it may do so anew within the call, and then uses the new one. */
  onOpen(channel: Channel): void;
  /** The connection is lost, and the call is kept for this client. Left out, with the other: it does not come back. */
  onLost?(): void;
  /** It has come back by another connection. @param lastEventId of the event that it had last; null: it has none */
  onResume?(channel: Channel, lastEventId: string | null): void;
  onMessage(data: string | Uint8Array): void;
  /** A message was dropped because it was too large to be received. */
  onTooLarge(): void;
}

/** What the client of a WebRTC call speaks. Made before anything has come from it. */
export type Door = (call: Call) => ChannelClient;

/** The data channel of OpenAI Realtime. */
export const EVENTS_LABEL = 'oai-events';

/** OpenAI Realtime over WebRTC. */
export const openaiDoor: Door = (call) => {
  const client = new TextClient(call, { returns: true });
  return {
    label: EVENTS_LABEL,
    onOpen: (channel) => client.open(channel),
    onLost: () => client.lost(),
    onResume: (channel, lastEventId) => client.resume(channel, lastEventId),
    onMessage: (data) => client.message(data),
    onTooLarge: () => client.tooLarge(),
  };
};
