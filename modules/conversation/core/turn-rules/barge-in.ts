import { MEANT_MS } from './evidence.js';
import type { TurnPolicy } from './policy.js';

/** What the session is doing when speech begins. */
export interface Situation {
  /** A response is being made. */
  readonly answering: boolean;
  /** The client reads an answer aloud, as far as is known. */
  readonly reading: boolean;
  /** The session ignores speech while answers are made and read. */
  readonly deafWhileReading: boolean;
}

/**
 * - `hear`: it is speech like any other.
 * - `interrupt`: the answer ends here.
 * - `hold`: the answer is held back until the speech proves to be more than a cough, or to be none.
 * - `ignore`: it is not heard at all.
 */
export type OnSpeech = 'hear' | 'interrupt' | 'hold' | 'ignore';

/** What speech that begins means for the answer there is. */
export function onSpeech(policy: TurnPolicy, now: Situation): OnSpeech {
  if (now.deafWhileReading && (now.answering || now.reading)) return 'ignore';
  if (!now.answering || !policy.interruptResponse) return 'hear';
  return policy.detection.bargeInMs === 0 ? 'interrupt' : 'hold';
}

/** An ear can say of so much speech (ms) whether it is meant. */
const TELLS_AFTER_MS = 320;
/** Who speaks this softly (dB of full scale, of peaks) to a session that has heard nobody yet is behind the microphone, not before it. */
const FAR_DB = -34;

/**
 * Speech (ms) during an answer after which it is looked at. A client that wants it so has any speech of its length interrupt;
 * else words do that are meant to, which the model's ear tells early, where it tells it, and else their length.
 * @param wishedMs the client's; null: words that are meant to
 */
export function bargeInMs(wishedMs: number | null, earTells: boolean): number {
  return wishedMs ?? (earTells ? TELLS_AFTER_MS : MEANT_MS);
}

/** Levels of who speaks, and of the caller as he was known before; null: not known. */
export interface Loudness {
  readonly levelDb: number | null;
  readonly callerDb: number | null;
}

/** Who speaks is too soft to be the caller. (Where the caller is known, the detector hears none but him.) */
export function isFar({ levelDb, callerDb }: Loudness): boolean {
  return callerDb === null && levelDb !== null && levelDb < FAR_DB;
}
