/** What is known of an utterance so far, from the model's ear and from the gateway's own; null: nobody has told. */
export interface Evidence {
  /** Probability that the turn is over where the sound ends. */
  readonly turnEnd: number | null;
  /** Probability, decided at 0.5, that nothing in it is for the model. */
  readonly notForMe: number | null;
  /** Probability, decided at 0.5, that it is meant to interrupt an answer. */
  readonly interrupts: number | null;
  /** Probability that there is speech in it. */
  readonly speech: number | null;
}

export const NO_EVIDENCE: Evidence = { turnEnd: null, notForMe: null, interrupts: null, speech: null };

/** Below this, there is hardly any speech in a sound: where no ear of the model's says more, that decides. */
const HARDLY_SPEECH = 0.25;
/** From this on, words are heard in it, and little else. */
const SURELY_SPEECH = 0.5;
/** Below this there is none, whatever the ear makes of it. */
const NO_SPEECH = 0.08;

/** The turn before an utterance. */
export interface TurnBefore {
  /** From its end to the start of the utterance (ms). */
  readonly sinceMs: number;
  /** Probability that it was over where it ended; null: nobody has told. */
  readonly turnEnd: number | null;
}

/** How an utterance lies in the conversation. */
export interface Situation {
  /** Speech in it (ms), pauses not counted. */
  readonly speechMs: number;
  /** null: it is the first. */
  readonly before: TurnBefore | null;
}

/** What is so short and so close behind a turn that was finished is no turn of its own: a "please", a syllable of laughter. */
const SHORT_MS = 550;
const CLOSE_MS = 1200;
const FINISHED = 0.5;

/** Nothing in the utterance is for the model: it gets no answer, and leaves no item. */
export function isForNobody(evidence: Evidence, { speechMs, before }: Situation): boolean {
  const { notForMe, speech } = evidence;
  if (notForMe !== null) return notForMe >= 0.5 || (speech !== null && speech < NO_SPEECH);
  // Nobody listens: all speech counts.
  if (speech === null) return false;
  if (speech < HARDLY_SPEECH) return true;
  return speechMs < SHORT_MS && before !== null && before.sinceMs < CLOSE_MS && isFinished(before);
}

/** A turn of which that is not known may have been cut off: what follows is the rest of it. */
function isFinished({ turnEnd }: TurnBefore): boolean {
  return turnEnd !== null && turnEnd >= FINISHED;
}

/** Speech (ms) that is meant, where no ear says so: a backchannel is shorter. */
const MEANT_MS = 900;
/** Speech (ms) that is meant, though the ear does not think so. */
const SURELY_MEANT_MS = 1800;

/** How somebody speaks into an answer. */
export interface Manner {
  /** Speech so far (ms), pauses not counted. */
  readonly speechMs: number;
  /** Louder than he spoke before. */
  readonly raised: boolean;
}

/** Speech during an answer is meant to end it. */
export function isMeant(evidence: Evidence, { speechMs, raised }: Manner): boolean {
  const { notForMe, interrupts, speech } = evidence;
  if (notForMe !== null ? notForMe >= 0.5 : speech !== null && speech < HARDLY_SPEECH) return false;
  if (interrupts !== null) return interrupts >= 0.5 || speechMs >= SURELY_MEANT_MS;
  // A laugh is loud as well: only where it is known to be words.
  return speechMs >= MEANT_MS || (raised && speech !== null && speech >= SURELY_SPEECH);
}
