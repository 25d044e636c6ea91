import type { TrackSource, VideoCodec } from '../rooms/room.js';

/** What a track is, without its packets. */
export interface TrackFacts {
  readonly id: string;
  readonly participantId: string;
  readonly source: TrackSource;
  readonly codec: 'opus' | VideoCodec;
}

/** What happened, in the room or in a speaker's session with the gateway (`id`: the participant whose session it is). */
export type MannersEvent =
  /** The bot is in the room, for the first time or again. */
  | { readonly type: 'room_joined' }
  /** The room is gone for the moment: so are all who were in it. */
  | { readonly type: 'room_lost' }
  | { readonly type: 'participant_joined'; readonly id: string; readonly name: string }
  | { readonly type: 'participant_left'; readonly id: string }
  | { readonly type: 'track'; readonly track: TrackFacts }
  | { readonly type: 'track_ended'; readonly trackId: string }
  | { readonly type: 'text'; readonly id: string; readonly text: string }
  /** @see ModelCaps.transcription of the protocol */
  | { readonly type: 'session_open'; readonly id: string; readonly transcribes: boolean }
  /** It did not open, or has ended; `retry` says whether another may be opened, later. */
  | { readonly type: 'session_over'; readonly id: string; readonly retry: boolean }
  /** Something was said: an item of the conversation. */
  | { readonly type: 'utterance'; readonly id: string; readonly item: string }
  /** What an item was, in words; null: that is not to be had. */
  | { readonly type: 'transcript'; readonly id: string; readonly item: string; readonly text: string | null }
  | { readonly type: 'answer'; readonly id: string; readonly answer: GivenAnswer }
  /** Once a second or so. */
  | { readonly type: 'tick' }
  /** Whoever runs the bot wants it to go. */
  | { readonly type: 'stop' };

export interface GivenAnswer {
  readonly text: string;
  /** `failed`: it can be asked for once more. */
  readonly status: 'completed' | 'incomplete' | 'cancelled' | 'failed';
  /** Of the command that asked for it; null: nobody did, the session answers by itself. */
  readonly turn: string | null;
}

export type LeaveReason = 'alone' | 'told_to' | 'time_is_up' | 'stopped';

export type MannersCommand =
  | { readonly type: 'open'; readonly id: string; readonly videoCodec: VideoCodec }
  | { readonly type: 'close'; readonly id: string }
  /** Which tracks a session is given from now on. */
  | {
      readonly type: 'route';
      readonly id: string;
      readonly audio: string | null;
      readonly video: string | null;
    }
  /** False: what the camera showed is taken out of the context. */
  | { readonly type: 'camera'; readonly id: string; readonly on: boolean }
  /** Answer what has been said. */
  | { readonly type: 'respond'; readonly id: string; readonly turn: string }
  /** Ask in writing. */
  | { readonly type: 'ask'; readonly id: string; readonly text: string; readonly turn: string }
  /** Take an item out of the context. */
  | { readonly type: 'forget'; readonly id: string; readonly item: string }
  /** @see Room.say */
  | { readonly type: 'say'; readonly text: string; readonly to: string | null }
  /** Read this aloud. */
  | { readonly type: 'speak'; readonly text: string }
  | { readonly type: 'leave'; readonly reason: LeaveReason };
