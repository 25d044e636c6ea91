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
