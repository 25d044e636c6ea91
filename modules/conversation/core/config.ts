import type { TurnDetection } from '@vis-a-vis/protocol';
import { VIDEO_SOURCES, type Tool, type ToolChoice, type VideoSource } from '#modules/contracts';

/** The live camera and screen. */
export interface VideoConfig {
  /** Whose pictures are taken in. */
  readonly shown: readonly VideoSource[];
  /** What becomes of the pictures in the context of one that goes off. */
  readonly whenOff: 'keep' | 'redact';
}

export const DEFAULT_VIDEO: VideoConfig = { shown: VIDEO_SOURCES, whenOff: 'keep' };

/** Turn-taking beyond OpenAI's `turn_detection`; durations are ms. */
export interface TurnTaking {
  /** Attend and answer ahead in a pause, held back until the turn is confirmed. Default true. */
  readonly speculation: boolean;
  /** Speech that it takes to interrupt an answer; 0: any, at once. Default null: words that are meant to. */
  readonly bargeInMs: number | null;
  /** Rate at which answers are read aloud: speech that begins meanwhile is ignored. Default null: all is heard. */
  readonly readingCharsPerS: number | null;
  /** The model may speak first when something happens in view. Default false. */
  readonly visualTurns: boolean;
}

export const DEFAULT_TURN_TAKING: TurnTaking = {
  speculation: true,
  bargeInMs: null,
  readingCharsPerS: null,
  visualTurns: false,
};

/** What a client may set in a session. `TurnDetection` keeps its wire names; `null` is manual (push to talk). */
export interface SessionConfig {
  readonly instructions: string;
  readonly maxOutputTokens: number | 'inf';
  readonly turnDetection: TurnDetection;
  /** Default: {@link DEFAULT_VIDEO}. */
  readonly video?: VideoConfig;
  /** What answers may call. Default: nothing. */
  readonly tools?: readonly Tool[];
  /** Default `auto`. */
  readonly toolChoice?: ToolChoice;
  /** What is said is to be written down. `language`: ISO 639-1, where it is known. Default null: it is not. */
  readonly transcription?: { readonly language: string | null } | null;
  /** What is left out has its default. */
  readonly turnTaking?: Partial<TurnTaking>;
}

export type TurnModel = 'auto' | 'model' | 'smart-turn' | 'none';

/** What an operator sets for all sessions. */
export interface ConversationSettings {
  /**
   * Who says whether a turn is over: `model`, the one that answers, where it can; `smart-turn`, the gateway's judge of
   * sounds; `auto`, the first who can, in this order; `none`. Default `auto`.
   */
  readonly turnModel: TurnModel;
  /** Frames in the context at most. Default 48. */
  readonly maxFrames: number;
  /** Audio goes to the encoder in blocks of this length (ms) while the user speaks. Default 320. */
  readonly audioBlockMs: number;
  /**
   * Silence (ms) behind the last speech that belongs to the utterance: models are trained on a little (50 to 650).
   * Default 400. Never beyond what had been heard when the pause became known: an utterance is what it was then,
   * whether it is attended at once or at the confirmed end.
   */
  readonly tailMs: number;
  /** A longer utterance (ms) is committed in pieces; the engine's own limit is 30 s. Default 28,000. */
  readonly maxUtteranceMs: number;
  /**
   * Audio (ms) that a client which commits by hand may have in the buffer: what is older is forgotten. Longer than an utterance
   * may be, it is committed in pieces. Default 28,000: a live microphone that nobody clears is not to fill the context.
   */
  readonly manualBufferMs: number;
  /** An answer whose engine makes no progress for this long (ms) fails. Default 30,000. */
  readonly engineTimeoutMs: number;
  /**
   * Audio that does not go on for this long (ms) during speech counts as silence. Default 2000: the media plane makes silence
   * of packets that do not come, and knows sooner; this is for whoever feeds audio and stops.
   */
  readonly audioStallMs: number;
  /** A camera or screen that shows nothing for this long (ms) counts as off, where that is to redact what it showed. Default 5,000. */
  readonly cameraTimeoutMs: number;
  /** Silence (ms) after which the turn may be over: then the answer is begun ahead. Default 100. */
  readonly tentativePauseMs: number;
  /** Pauses of one turn in which an answer is begun ahead. Default 4. */
  readonly speculationTries: number;
  /** Speech (ms) beyond which nothing is attended ahead: it costs too much to attend it twice. Default 20,000. */
  readonly speculationMaxSpeechMs: number;
  /** Tokens a minute that a session may throw away before it stops answering ahead. Default 300. */
  readonly speculationWastePerMinute: number;
  /** Least time (ms) between two questions to the model whether it would speak. Default 1000. */
  readonly visualProbeIntervalMs: number;
  /** Time (ms) after a remark of the model's own in which it makes no other. Default 5000. */
  readonly visualCooldownMs: number;
}

export const DEFAULT_SETTINGS: ConversationSettings = {
  turnModel: 'auto',
  maxFrames: 48,
  audioBlockMs: 320,
  tailMs: 400,
  maxUtteranceMs: 28_000,
  manualBufferMs: 28_000,
  engineTimeoutMs: 30_000,
  audioStallMs: 2000,
  cameraTimeoutMs: 5_000,
  tentativePauseMs: 100,
  speculationTries: 4,
  speculationMaxSpeechMs: 20_000,
  speculationWastePerMinute: 300,
  visualProbeIntervalMs: 1000,
  visualCooldownMs: 5000,
};
