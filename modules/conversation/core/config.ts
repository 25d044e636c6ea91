import type { TurnDetection } from '@vis-a-vis/protocol';

/** The live camera. */
export interface VideoConfig {
  /** False: its pictures are not taken in. */
  readonly enabled: boolean;
  /** What becomes of the pictures in the context when the camera goes off. */
  readonly whenOff: 'keep' | 'redact';
}

export const DEFAULT_VIDEO: VideoConfig = { enabled: true, whenOff: 'keep' };

/** What a client may set in a session. `TurnDetection` keeps its wire names; `null` is manual (push to talk). */
export interface SessionConfig {
  readonly instructions: string;
  readonly maxOutputTokens: number | 'inf';
  readonly turnDetection: TurnDetection;
  /** Default: {@link DEFAULT_VIDEO}. */
  readonly video?: VideoConfig;
}

/** What an operator sets for all sessions. */
export interface ConversationSettings {
  /** Frames in the context at most. Default 48. */
  readonly maxFrames: number;
  /** Audio goes to the encoder in blocks of this length (ms) while the user speaks. Default 320. */
  readonly audioBlockMs: number;
  /** Silence (ms) behind the last speech that belongs to the utterance: models are trained on a little. Default 400. */
  readonly tailMs: number;
  /** A longer utterance (ms) is committed in pieces; the engine's own limit is 30 s. Default 28,000. */
  readonly maxUtteranceMs: number;
  /** An answer whose engine makes no progress for this long (ms) fails. Default 30,000. */
  readonly engineTimeoutMs: number;
  /** A microphone that sends nothing for this long (ms) during speech counts as silent. Default 400. */
  readonly audioStallMs: number;
  /** A camera that shows nothing for this long (ms) counts as off, where that is to redact what it showed. Default 5,000. */
  readonly cameraTimeoutMs: number;
}

export const DEFAULT_SETTINGS: ConversationSettings = {
  maxFrames: 48,
  audioBlockMs: 320,
  tailMs: 400,
  maxUtteranceMs: 28_000,
  engineTimeoutMs: 30_000,
  audioStallMs: 400,
  cameraTimeoutMs: 5_000,
};
