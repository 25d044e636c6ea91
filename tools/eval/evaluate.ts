import type { OmniEngine } from '#modules/contracts';
import { converse, type EngineAnswer } from './ask.js';
import { check } from './check.js';
import type { TurnMaterial } from './media.js';
import { spread, spreadByFamily, type TestQuestion } from './test-set.js';
import { turnEndScores, type TurnEndScores } from './turn-end.js';

/** 20 ms of 16 kHz: the packets of a call. */
const PACKET_SAMPLES = 320;

/** What one question got, with everything, and on samples with something withheld. */
export interface Outcome {
  readonly question: TestQuestion;
  readonly text: string;
  readonly correct: boolean;
  /** Without the pictures and without the speech; null where that was not tried. */
  readonly ablated: { readonly blind: boolean; readonly deaf: boolean } | null;
  /** All speech at once gave the same tokens as 20 ms after 20 ms; null where that was not tried. */
  readonly oneShotIdentical: boolean | null;
  /** Null where that was not tried, or the model has no such head. */
  readonly turnEnd: TurnEndScores | null;
}

/** How much of the held-out voices is asked once more. */
export interface SampleSizes {
  /** Questions of each family that are asked without pictures, and without speech. */
  readonly ablationsByFamily: number;
  /** Questions in all whose speech is also given at once. */
  readonly oneShot: number;
  /** Questions in all whose end the model is to tell from a cut in the middle. */
  readonly turnEnd: number;
}

export interface EvaluateOptions {
  readonly samples: SampleSizes;
  read(question: TestQuestion): Promise<TurnMaterial[]>;
  /** Questions under way at once: one an engine worker keeps them all busy. */
  readonly lanes: number;
  onOutcome?(outcome: Outcome, done: number, total: number): void;
}

interface Extras {
  readonly ablations: boolean;
  readonly oneShot: boolean;
  readonly turnEnd: boolean;
}

/** Asks the engine every question. @returns the outcomes in the order of the questions */
export async function evaluate(
  engine: OmniEngine,
  questions: readonly TestQuestion[],
  options: EvaluateOptions,
): Promise<Outcome[]> {
  const extrasOf = drawSamples(questions, options.samples);
  const outcomes: Outcome[] = [];
  const queue = questions.entries();
  let done = 0;
  const lane = async () => {
    // The lanes share one iterator: each takes the next question that nobody has taken.
    for (const [index, question] of queue) {
      const turns = await options.read(question);
      const outcome = await examine(engine, { question, turns, extras: extrasOf(question) });
      outcomes[index] = outcome;
      done += 1;
      options.onOutcome?.(outcome, done, questions.length);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return outcomes;
}

function drawSamples(
  questions: readonly TestQuestion[],
  sizes: SampleSizes,
): (question: TestQuestion) => Extras {
  const heldOut = questions.filter(({ synthesiser }) => synthesiser !== 'flite');
  const ablated = new Set(spreadByFamily(heldOut, sizes.ablationsByFamily));
  const atOnce = new Set(spread(heldOut, sizes.oneShot));
  const ended = new Set(spread(heldOut, sizes.turnEnd));
  return (question) => ({
    ablations: ablated.has(question),
    oneShot: atOnce.has(question),
    turnEnd: ended.has(question),
  });
}

async function examine(
  engine: OmniEngine,
  { question, turns, extras }: { question: TestQuestion; turns: TurnMaterial[]; extras: Extras },
): Promise<Outcome> {
  const right = ({ text }: EngineAnswer) => check(text, question.keys, question.cats);
  const answer = await converse(engine, { turns, blockSamples: PACKET_SAMPLES });
  const atOnce = extras.oneShot ? await converse(engine, { turns, blockSamples: Infinity }) : null;
  const speech = turns.at(-1)?.speech;
  return {
    question,
    text: answer.text,
    correct: right(answer),
    ablated: extras.ablations
      ? {
          blind: right(await withhold(engine, blind(turns))),
          deaf: right(await withhold(engine, deaf(turns))),
        }
      : null,
    oneShotIdentical: atOnce && sameTokens(answer.ids, atOnce.ids),
    turnEnd: extras.turnEnd && speech && engine.caps.turnEnd ? await turnEndScores(engine, speech) : null,
  };
}

/** Speech at once: that it makes no difference is measured, and it is faster. */
function withhold(engine: OmniEngine, turns: readonly TurnMaterial[]): Promise<EngineAnswer> {
  return converse(engine, { turns, blockSamples: Infinity });
}

/** Nothing was seen in any turn. */
function blind(turns: readonly TurnMaterial[]): TurnMaterial[] {
  return turns.map((turn) => ({ ...turn, frames: [] }));
}

/** The question was not heard; what was said before it was. */
function deaf(turns: readonly TurnMaterial[]): TurnMaterial[] {
  return turns.map((turn, at) => (at === turns.length - 1 ? { ...turn, speech: null } : turn));
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
