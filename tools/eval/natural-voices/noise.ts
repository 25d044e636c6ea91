import type { OmniEngine } from '#modules/contracts';
import { mixed, noise, NOISE_KINDS, type NoiseKind } from '../../sounds/noises.js';
import { activeDb, RATE } from '../../sounds/signal.js';
import { evaluate, type Outcome } from '../evaluate.js';
import type { TurnMaterial } from '../media.js';
import type { TestQuestion } from '../test-set.js';
import { accuracy, type NoiseAccuracy } from './report.js';

export const SNRS_DB = [20, 10, 0] as const;

export interface NoisyOptions {
  read(question: TestQuestion): Promise<TurnMaterial[]>;
  /** Speech of others, for babble. */
  readonly talk: readonly Float32Array[];
  readonly lanes: number;
  onOutcome?(outcome: Outcome, done: number, total: number): void;
}

interface Condition {
  readonly kind: NoiseKind;
  readonly snrDb: number;
}

/** Asks the same questions in each noise, at each distance of the noise from the speech. */
export async function evaluateInNoise(
  engine: OmniEngine,
  questions: readonly TestQuestion[],
  options: NoisyOptions,
): Promise<NoiseAccuracy[]> {
  const conditions = NOISE_KINDS.flatMap((kind) => SNRS_DB.map((snrDb): Condition => ({ kind, snrDb })));
  // Pictures and clean speech are the same in all of them.
  const clean = new Map<TestQuestion, readonly TurnMaterial[]>();
  for (const question of questions) clean.set(question, await options.read(question));
  const figures: NoiseAccuracy[] = [];
  for (const [number, condition] of conditions.entries()) {
    const outcomes = await evaluate(engine, questions, {
      samples: { ablationsByFamily: 0, oneShot: 0, turnEnd: 0 },
      read: (question) => {
        const how = { seed: questions.indexOf(question), talk: options.talk };
        return Promise.resolve((clean.get(question) ?? []).map((turn) => noisy(turn, condition, how)));
      },
      lanes: options.lanes,
      onOutcome: (outcome, done, total) =>
        options.onOutcome?.(outcome, number * total + done, conditions.length * total),
    });
    figures.push({ ...condition, ...accuracy(outcomes) });
  }
  return figures;
}

function noisy(
  turn: TurnMaterial,
  { kind, snrDb }: Condition,
  { seed, talk }: { seed: number; talk: readonly Float32Array[] },
): TurnMaterial {
  const { speech } = turn;
  if (!speech) return turn;
  const under = noise(kind, { seconds: speech.length / RATE, seed, talk });
  return { ...turn, speech: mixed(speech, under, { speechDb: activeDb(speech), snrDb }) };
}
