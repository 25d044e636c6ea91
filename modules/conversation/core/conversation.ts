import type { AudioFrame, VideoFrame } from '#modules/contracts';
import type { SessionConfig } from './config.js';
import type { ClientIntent } from './intents.js';
import type { Item } from './items/items.js';

/** `listening`: the user speaks. `pausing`: maybe the end. `committing`: the question is being attended. */
export type ConversationState = 'idle' | 'listening' | 'pausing' | 'committing' | 'answering' | 'closed';

export interface ConversationSnapshot {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly state: ConversationState;
  readonly config: SessionConfig;
  /** In the order of the conversation. */
  readonly items: readonly Item[];
  readonly activeResponseId: string | null;
}

/** What a conversation takes of what all share. */
export interface ConversationLoad {
  /** How long a frame of its camera waits until it is attended (ms); null: none has come lately. */
  readonly frameLagMs: number | null;
  /** How long its answers take to their first token (ms), from when they are asked for; null: none lately. */
  readonly answerLagMs: number | null;
  /** In the engine's context. */
  readonly tokens: number;
}

/** What a conversation is given of its camera and screen together. */
export interface CameraShare {
  /** Least time (ms) between two frames. */
  readonly frameIntervalMs: number;
  /** Of the pictures that the engine is given; as its caps say where it takes no other. */
  readonly frameSize: { readonly width: number; readonly height: number };
  /** Frames in the context at most. */
  readonly maxFrames: number;
}

/** One call's conversation: media and intents in, `SessionEvent`s out (by the callback given to `open`). */
export interface Conversation {
  pushAudio(frame: AudioFrame): void;
  /** Audio that speech has not been looked for in yet (ms): whoever has more than comes by itself waits until this is little. */
  readonly unheardMs: number;
  pushVideo(frame: VideoFrame): void;
  /** Never throws for what a client did: the answer, or the `error`, is an event. */
  intent(intent: ClientIntent): void;
  snapshot(): ConversationSnapshot;
  load(): ConversationLoad;
  /** From the next frame on. */
  share(camera: CameraShare): void;
  /** Ends the response in flight, frees the engine session. Idempotent; media and intents after it are ignored. */
  close(reason: string): Promise<void>;
}
