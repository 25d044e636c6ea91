/**
 * What makes something said aloud the bot's business. `name`: its name in the transcript, or a push; `push`: a message that is its name alone, just
 * before it; `always`: everything is. In writing it is always the name.
 */
export type Addressing = 'name' | 'push' | 'always';

export interface MannersConfig {
  /** The bot's name, as shown, and other spellings of it that a transcript may have. At least one. */
  readonly names: readonly string[];
  readonly addressing: Addressing;
  /** Said when it comes, and to each who comes later. Null: the usual words. */
  readonly notice: string | null;
  /** What is said aloud is written down for all, with who said it. Needs a model that transcribes. */
  readonly captions: boolean;
  /** Answers are also read aloud. */
  readonly speaks: boolean;
  /** What is said to others stays in the model's context. False: it is deleted there at once. */
  readonly overhears: boolean;
  /** How many people are heard at once: each has a session of the gateway. */
  readonly maxSpeakers: number;
  /** How long it stays. */
  readonly maxMinutes: number;
  /** How long it stays in an empty room (ms). */
  readonly aloneMs: number;
}

export const DEFAULT_MANNERS: MannersConfig = {
  names: ['Vis'],
  addressing: 'push',
  notice: null,
  captions: false,
  speaks: false,
  overhears: false,
  maxSpeakers: 8,
  maxMinutes: 120,
  aloneMs: 60_000,
};
