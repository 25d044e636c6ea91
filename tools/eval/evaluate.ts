import type { OmniEngine } from '#modules/contracts';
import { ask, type EngineAnswer } from './ask.js';
import { check } from './check.js';
import type { Material } from './media.js';
import { spread, type TestQuestion } from './test-set.js';

/** 20 ms of 16 kHz: the packets of a call. */
const PACKET_SAMPLES = 320;
/** Questions that are asked a second time with all their speech at once. */
const ONE_SHOT_QUESTIONS = 100;

/** What one question got, with everything and, of the held-out voices, with something withheld. */
export interface Outcome {
  readonly question: TestQuestion;
  readonly text: string;
  readonly correct: boolean;
  /** Without the pictures and without the speech; null for the other synthesiser. */
  readonly ablated: { readonly blind: boolean; readonly deaf: boolean } | null;
  /** All speech at once gave the same tokens as 20 ms after 20 ms; null where that was not tried. */
  readonly oneShotIdentical: boolean | null;
}

export interface EvaluateOptions {
  read(question: TestQuestion): Promise<Material>;
  /** Questions under way at once: one an engine worker keeps them all busy. */
  readonly lanes: number;
  onOutcome?(outcome: Outcome, done: number, total: number): void;
}

/** Asks the engine every question. @returns the outcomes in the order of the questions */
export async function evaluate(
  engine: OmniEngine,
  questions: readonly TestQuestion[],
  options: EvaluateOptions,
): Promise<Outcome[]> {
  const heldOut = questions.filter(({ synthesiser }) => synthesiser === 'espeak');
  const twice = new Set(spread(heldOut, ONE_SHOT_QUESTIONS));
  const outcomes: Outcome[] = [];
  const queue = questions.entries();
  let done = 0;
  const lane = async () => {
    // The lanes share one iterator: each takes the next question that nobody has taken.
    for (const [index, question] of queue) {
      const material = await options.read(question);
      const outcome = await examine(engine, question, material, twice.has(question));
      outcomes[index] = outcome;
      done += 1;
      options.onOutcome?.(outcome, done, questions.length);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return outcomes;
}

async function examine(
  engine: OmniEngine,
  question: TestQuestion,
  { frames, speech }: Material,
  alsoAtOnce: boolean,
): Promise<Outcome> {
  const blockSamples = PACKET_SAMPLES;
  const right = ({ text }: EngineAnswer) => check(text, question.keys, question.cats);
  const answer = await ask(engine, { frames, speech, blockSamples });
  const ablated =
    question.synthesiser === 'espeak'
      ? {
          blind: right(await ask(engine, { frames: [], speech, blockSamples })),
          deaf: right(await ask(engine, { frames, speech: null, blockSamples })),
        }
      : null;
  const atOnce = alsoAtOnce ? await ask(engine, { frames, speech, blockSamples: Infinity }) : null;
  return {
    question,
    text: answer.text,
    correct: right(answer),
    ablated,
    oneShotIdentical: atOnce && sameTokens(answer.ids, atOnce.ids),
  };
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
