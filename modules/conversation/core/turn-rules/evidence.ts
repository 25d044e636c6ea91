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
/** Below this there is none, whatever the ear makes of it. */
const NO_SPEECH = 0.08;

/** How an utterance lies in the conversation; ms. */
export interface Situation {
  /** Speech in it, pauses not counted. */
  readonly speechMs: number;
  /** From the end of the turn before to its start; null: it is the first. */
  readonly sinceTurnMs: number | null;
}

/** What is so short and so close behind a turn is no turn of its own: a "please", a syllable of laughter. */
const SHORT_MS = 700;
const CLOSE_MS = 1200;

/** Nothing in the utterance is for the model: it gets no answer, and leaves no item. */
export function isForNobody(evidence: Evidence, { speechMs, sinceTurnMs }: Situation): boolean {
  const { notForMe, speech } = evidence;
  if (notForMe !== null) return notForMe >= 0.5 || (speech !== null && speech < NO_SPEECH);
  // Nobody listens: all speech counts.
  if (speech === null) return false;
  return speech < HARDLY_SPEECH || (speechMs < SHORT_MS && sinceTurnMs !== null && sinceTurnMs < CLOSE_MS);
}

/** Speech (ms) that is meant, where no ear says so: a backchannel is shorter. */
export const MEANT_MS = 900;
/** Speech (ms) that is meant, though the ear does not think so. */
const SURELY_MEANT_MS = 1800;

/** Speech during an answer is meant to end it. */
export function isMeant(evidence: Evidence, speechMs: number): boolean {
  const { notForMe, interrupts, speech } = evidence;
  if (notForMe !== null ? notForMe >= 0.5 : speech !== null && speech < HARDLY_SPEECH) return false;
  if (interrupts === null) return speechMs >= MEANT_MS;
  return interrupts >= 0.5 || speechMs >= SURELY_MEANT_MS;
}
