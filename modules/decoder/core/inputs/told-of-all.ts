import type { EarTold } from '#modules/contracts';

/** What an ear that hears in windows tells of one of them. */
export interface ToldOfBlock extends EarTold {
  /** Of its own sound, without what it heard of the window before; 16 kHz. */
  readonly samples: number;
}

/** From so much sound on (samples, 3 s) the last window says what it says: more of it adds nothing. */
const SAYS_ALL = 3 * 16_000;
/** All windows before it count as much as so much sound (samples, 1.5 s). */
const BEFORE = 1.5 * 16_000;
/** No window is surer than that, or one would outweigh all others. */
const SUREST = 1e-3;

/**
 * What is told of all windows of an utterance together: the end of the turn and whether it interrupts where it is now, and `notForMe` of
 * all that was said, as a mean of log-odds. A few words behind nine seconds of somebody's talk may be anybody's, so they say little; a
 * question of three seconds says enough.
 * @returns null: there is none
 */
export function toldOfAll(blocks: readonly ToldOfBlock[]): EarTold | null {
  const last = blocks.at(-1);
  if (!last) return null;
  const { samples, ...told } = last;
  const before = blocks.slice(0, -1).flatMap(({ notForMe }) => notForMe ?? []);
  if (told.notForMe === undefined || before.length === 0) return told;
  const weight = Math.min(samples, SAYS_ALL);
  const earlier = before.reduce((sum, p) => sum + logOdds(p), 0) / before.length;
  const mean = (BEFORE * earlier + weight * logOdds(told.notForMe)) / (BEFORE + weight);
  return { ...told, notForMe: 1 / (1 + Math.exp(-mean)) };
}

function logOdds(probability: number): number {
  const p = Math.min(1 - SUREST, Math.max(SUREST, probability));
  return Math.log(p / (1 - p));
}
