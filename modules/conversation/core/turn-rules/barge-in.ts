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

/** So much speech (ms) tells whether it is meant, where anybody can tell. */
const TELLS_AFTER_MS = 320;
/** Who speaks this softly (dB of full scale, of peaks) to a session that has heard nobody yet is behind the microphone, not before it. */
const FAR_DB = -34;
/** The caller is never so far (dB) below his own level while an answer runs. */
const BELOW_CALLER_DB = 14;
/** Who means to be heard, and is not, raises his voice by so much (dB); who agrees does not. */
const RAISED_DB = 6;

/**
 * Speech (ms) during an answer after which it is looked at. A client that wants it so has any speech of its length interrupt;
 * else words do that are meant to.
 * @param wishedMs the client's; null: words that are meant to
 */
export function bargeInMs(wishedMs: number | null): number {
  return wishedMs ?? TELLS_AFTER_MS;
}

/** Levels of who speaks, and of the caller as he was known before; null: not known. */
export interface Loudness {
  readonly levelDb: number | null;
  readonly callerDb: number | null;
}

/** Who speaks into an answer is too soft to be the caller. */
export function isFar({ levelDb, callerDb }: Loudness): boolean {
  return levelDb !== null && levelDb < (callerDb === null ? FAR_DB : callerDb - BELOW_CALLER_DB);
}

/** He speaks louder than he did before. */
export function isRaised({ levelDb, callerDb }: Loudness): boolean {
  return levelDb !== null && callerDb !== null && levelDb >= callerDb + RAISED_DB;
}
