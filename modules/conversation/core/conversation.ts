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

/** One call's conversation: media and intents in, `SessionEvent`s out (by the callback given to `open`). */
export interface Conversation {
  pushAudio(frame: AudioFrame): void;
  /** Audio that speech has not been looked for in yet (ms): whoever has more than comes by itself waits until this is little. */
  readonly unheardMs: number;
  pushVideo(frame: VideoFrame): void;
  /** Never throws for what a client did: the answer, or the `error`, is an event. */
  intent(intent: ClientIntent): void;
  snapshot(): ConversationSnapshot;
  /** Ends the response in flight, frees the engine session. Idempotent; media and intents after it are ignored. */
  close(reason: string): Promise<void>;
}
