import type { CaptureNotice, SessionPatch } from '@vis-a-vis/protocol';
import type { ReceptionTap } from '#modules/media';

/** What of a client goes by. Throws nothing. */
export interface ClientTape {
  received(data: string | Uint8Array): void;
  /** A message was too large to be read. */
  tooLarge(): void;
  sent(text: string): void;
  left(): void;
}

/** A client that has opened what carries its events. */
export interface TapedClient {
  /** The label of its data channel, or `websocket`. */
  readonly via: string;
  /** Of the peer connection that carries it, from 0; null: none does. */
  readonly connection: number | null;
  /** The largest message that it takes (bytes). */
  readonly largestBytes: number;
}

/** A record of one call that is being made, if the operator wants one. Nothing of it throws or waits. */
export interface Tape {
  /** What the call's clients are told of it. */
  readonly notice: CaptureNotice;
  /** What comes over a peer connection of the call, by its number from 0. */
  media(connection: number): ReceptionTap;
  connected(connection: number): void;
  client(client: TapedClient): ClientTape;
  /** The call is over. */
  close(reason: string): void;
}

/** What a record says of its call from the start. */
export interface TapedCall {
  readonly call: string;
  readonly audio: 'track' | 'events';
  /** What the session starts from: what its key or secret sets, then what its client asks for. */
  readonly granted: SessionPatch | null;
  readonly asked: SessionPatch;
  readonly modelId: string;
}

/** Makes records of calls. */
export interface Tapes {
  /** @returns null: this call is not recorded */
  open(call: TapedCall): Tape | null;
}
