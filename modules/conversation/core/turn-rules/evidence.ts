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
  /** Probability of the first token of the answer that was begun ahead. */
  readonly sureness: number | null;
}

export const NO_EVIDENCE: Evidence = {
  turnEnd: null,
  notForMe: null,
  interrupts: null,
  speech: null,
  sureness: null,
};

/** Below this, there is hardly any speech in a sound: where no ear of the model's says more, that decides. */
const HARDLY_SPEECH = 0.25;
/** From this on, words are heard in it, and little else. */
const SURELY_SPEECH = 0.5;
/** Below this there is none, unless the ear is sure of the contrary. */
const NO_SPEECH = 0.08;

/** The ear's own threshold of `notForMe`. */
export const NOT_FOR_ME = 0.5;
/** From this on a sound is for nobody that is longer than a word or two, or may be no speech: questions score up to 0.04. */
const DOUBTFUL = 0.15;
/** The same where others were heard to talk to each other, and nobody to the model since. */
const DOUBTFUL_AMONG_OTHERS = 0.08;
/** So much of their talk (ms) tells that they are there. */
const OTHERS_MS = 2000;
/** The same where the model does not know what to answer; a word or two are then doubtful like anything else. */
const DOUBTFUL_UNSURE = 0.04;
/** Below this it does not know: the first word of its answer is not twice as likely as all others. */
const UNSURE = 2 / 3;
/** From this on it knows, and the ear's own threshold decides: no talk to others that was in doubt was answered so surely. */
const SURE = 0.99;
/** The same for a word or two, which are harder to tell: greetings by robots score up to 0.35. */
const DOUBTFUL_WORD = 0.4;
/** So long (ms) a word or two may take. */
const WORDS_MS = 1000;
/** The ear's own threshold of `interrupts`, for what is no word or two. */
const MEANT = 0.5;
/** Who interrupts says so in few words (ms): of what lasts longer the ear tells `interrupts` by its last part, which may be anybody's. */
const INTERRUPTION_MS = 4000;
/** Up to this the ear is sure of a question: it hears one through loud music, in which the judge finds no speech. */
const SURELY_FOR_ME = 0.03;

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
  /** Speech (ms) that was lately for nobody, since the turn before. */
  readonly overheardMs?: number;
}

/** What is so short and so close behind a turn that was finished is no turn of its own: a "please", a syllable of laughter. */
const SHORT_MS = 550;
const CLOSE_MS = 1200;
const FINISHED = 0.5;
/** In so little speech (ms) nobody has said a word: three windows of the detector. */
const NO_WORD_MS = 112;

/** Nothing in the utterance is for the model: it gets no answer, and leaves no item. */
export function isForNobody(evidence: Evidence, { speechMs, before, overheardMs = 0 }: Situation): boolean {
  const { notForMe, speech } = evidence;
  // Nobody listens: all speech counts.
  if (notForMe === null && speech === null) return false;
  if (speechMs < NO_WORD_MS) return true;
  const short = speechMs < SHORT_MS;
  const close = before !== null && before.sinceMs < CLOSE_MS;
  if (short && close && isFinished(before)) return true;
  if (notForMe === null) return speech !== null && speech < HARDLY_SPEECH;
  const most = mostForMe(evidence, speechMs, speechMs < WORDS_MS && !(short && close));
  if (isUnsure(evidence)) return notForMe >= Math.min(most, speechMs < WORDS_MS ? DOUBTFUL : DOUBTFUL_UNSURE);
  if (most === DOUBTFUL && speechMs >= WORDS_MS && isSure(evidence)) return notForMe >= NOT_FOR_ME;
  return notForMe >= (most === DOUBTFUL && overheardMs >= OTHERS_MS ? DOUBTFUL_AMONG_OTHERS : most);
}

/** The model knows what to answer. */
function isSure({ sureness }: Evidence): boolean {
  return sureness !== null && sureness >= SURE;
}

/** The model does not know what to answer. */
function isUnsure({ sureness }: Evidence): boolean {
  return sureness !== null && sureness < UNSURE;
}

/** `notForMe` from which on a sound is for nobody. */
function mostForMe({ speech, interrupts }: Evidence, speechMs: number, words: boolean): number {
  if (speech !== null && speech < NO_SPEECH) return SURELY_FOR_ME;
  // Who interrupts speaks to the model.
  if (interrupts !== null && interrupts >= MEANT && speechMs < INTERRUPTION_MS) return NOT_FOR_ME;
  return words && (speech === null || speech >= SURELY_SPEECH) ? DOUBTFUL_WORD : DOUBTFUL;
}

/** A turn of which that is not known may have been cut off: what follows is the rest of it. */
function isFinished({ turnEnd }: TurnBefore): boolean {
  return turnEnd !== null && turnEnd >= FINISHED;
}

/** Speech (ms) that is meant, where no ear says so: a backchannel is shorter. */
const MEANT_MS = 900;
/** Speech (ms) that is meant, though the ear does not think so, as long as it is for the model. */
const SURELY_MEANT_MS = 1800;
/** For what is short, once it is heard out: backchannels that the ear takes for more reach 0.84, "stop" begins at 0.96. */
const MEANT_SHORT = 0.9;
/** For what has only begun: half a backchannel, a cough or a laugh reaches 0.93, half a sentence 0.96 and more. */
const MEANT_SO_FAR = 0.95;

/** How somebody speaks into an answer. */
export interface Manner {
  /** Speech so far (ms), pauses not counted. */
  readonly speechMs: number;
  /** Louder than he spoke before. */
  readonly raised: boolean;
  /** The ear has heard it up to a pause, not a part of it. */
  readonly heardOut: boolean;
}

/** Speech during an answer is meant to end it. */
export function isMeant(evidence: Evidence, { speechMs, raised, heardOut }: Manner): boolean {
  const { notForMe, interrupts, speech } = evidence;
  if (interrupts !== null) {
    // "Hold on" is meant, though it asks for nothing.
    const short = heardOut ? MEANT_SHORT : MEANT_SO_FAR;
    if (interrupts >= (speechMs < MEANT_MS ? short : MEANT)) return true;
    return speechMs >= SURELY_MEANT_MS && notForMe !== null && notForMe < DOUBTFUL;
  }
  if (notForMe !== null ? notForMe >= NOT_FOR_ME : speech !== null && speech < HARDLY_SPEECH) return false;
  // A laugh is loud as well: only where it is known to be words.
  return speechMs >= MEANT_MS || (raised && speech !== null && speech >= SURELY_SPEECH);
}
