/**
 * The port of a room: what the bot needs of a video call, whatever serves it. An adapter knows its server and nothing of the gateway;
 * docs/bot.md shows one in full. test/support/room-contract.ts holds every adapter, and the fake, to what is said here.
 */

/** One packet of a track's RTP stream, as it came: nothing is transcoded. The stream may lose packets and bring them out of order. */
export interface MediaPacket {
  /** 16 bits, on from packet to packet. */
  readonly sequenceNumber: number;
  /** 32 bits; of Opus 48 kHz, of video 90 kHz. */
  readonly timestamp: number;
  /** The last packet of a picture. */
  readonly marker: boolean;
  /** Of Opus a packet (RFC 7587), of VP8 and H264 what RFC 7741 and RFC 6184 put into one. */
  readonly payload: Uint8Array;
}

export type TrackSource = 'microphone' | 'camera' | 'screen';
export type VideoCodec = 'vp8' | 'h264';

/** What a participant sends. */
export interface RoomTrack {
  /** Of this track alone, while the bot is in the room. */
  readonly id: string;
  readonly participantId: string;
  readonly source: TrackSource;
  readonly codec: 'opus' | VideoCodec;
  /**
   * Begins to listen, instead of whoever listened before; null: nobody does.
   * The listener never throws.
   */
  listen(listener: ((packet: MediaPacket) => void) | null): void;
  /** Asks whoever sends the video for a picture that needs no other. Of sound without effect; never throws. */
  requestKeyFrame(): void;
}

export interface Participant {
  /** Of this participant alone, while the bot is in the room. */
  readonly id: string;
  /** What people call them: shown, never trusted. */
  readonly name: string;
}

export interface RoomText {
  readonly participantId: string;
  readonly text: string;
}

/**
 * Is told what happens in the room, from before `join` resolves until `onClosed` or `leave()`; nothing comes after these. The methods
 * never throw. The bot itself is no participant, and what it says does not come back.
 */
export interface RoomListener {
  onJoined(participant: Participant): void;
  /** Their tracks have been told to have ended before. */
  onLeft(participantId: string): void;
  /** Of a participant who has been told to have joined. */
  onTrack(track: RoomTrack): void;
  onTrackEnded(trackId: string): void;
  /** Of a participant who has been told to have joined. */
  onText(text: RoomText): void;
  /** The room is gone, or has put the bot out; it may be joined again. At most once, and not for `leave()`; before `join` resolves, it rejects instead. */
  onClosed(reason: string): void;
}

/** What the bot is doing, as pages may show it. */
export type BotState = 'listening' | 'thinking' | 'speaking';

/** A microphone of the bot's own in a room. */
export interface RoomVoice {
  /** Sends a packet of Opus to all. Without effect once the room was left or lost; never throws. */
  send(packet: MediaPacket): void;
}

/** A room that the bot is in: without a camera of its own, and without a microphone until it is to speak. */
export interface Room {
  /**
   * Says something in writing.
   * @param to a participant who alone is to read it, where the room can do that; else all do
   * @throws RoomError where the room did not take it
   */
  say(text: string, to?: string): Promise<void>;
  /** Opens a microphone, once. Absent where nobody could hear it. @throws RoomError */
  speak?(): Promise<RoomVoice>;
  /** Shows what the bot is doing, where a room has a place for it. Never throws. */
  show?(state: BotState): void;
  /** Leaves the room and frees what it held. Idempotent; never rejects. */
  leave(): Promise<void>;
}

/** A room that may be joined, again and again. */
export interface RoomAdapter {
  /** For logs: no secrets. */
  readonly address: string;
  /**
   * @param signal gives up joining
   * @throws RoomError
   */
  join(listener: RoomListener, signal: AbortSignal): Promise<Room>;
}

/**
 * What went wrong with a room. `unreachable`: try again later; `refused`: the room does not want us, or does not exist; `timeout`: it did not
 * answer; `closed`: we are not in it any more; `aborted`: by the signal.
 */
export class RoomError extends Error {
  constructor(
    readonly code: 'unreachable' | 'refused' | 'timeout' | 'closed' | 'aborted',
    message: string,
  ) {
    super(message);
    this.name = 'RoomError';
  }
}
