import { wilson } from '../../support/statistics.js';
import { ToolError } from '../../support/cli.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { check } from '../check.js';
import type { IntervalAccuracy } from '../report.js';
import { turnsOf, type TestQuestion, type TestSet } from '../test-set.js';
import { holdConversation, type CallPlan } from './call.js';
import { Rehearsal } from './rehearse.js';

/** The gateway takes a picture this often (ms); a second of film takes as long, so that its key frames keep their rate. */
export const FRAME_INTERVAL_MS = 250;

/** What a question got over a call. */
export interface CallOutcome {
  readonly question: TestQuestion;
  readonly text: string;
  readonly correct: boolean;
  /** In the context when the answer began. */
  readonly framesAttended: number;
  /** Why there was no answer; it counts as a wrong one. */
  readonly failure: string | null;
}

/** The same questions over real WebRTC and directly. */
export interface WebRtcReport extends IntervalAccuracy {
  readonly direct: number | null;
  /** Percentage points by which WebRTC is better (worse: negative). */
  readonly differencePoints: number | null;
  /** Calls without an answer. */
  readonly failed: number;
  readonly frames: { readonly shown: number; readonly attended: number };
  readonly calls: number;
  readonly frameIntervalMs: number;
}

export interface RunOptions {
  readonly modelFolder: string;
  /** Calls at once. */
  readonly calls: number;
  readonly set: TestSet;
  onProgress?(what: 'prepared' | 'answered', done: number, total: number): void;
}

/**
 * Asks each question in a call of its own, of a gateway that runs as its own process.
 * @throws ToolError where the gateway does not start, ends on the way, or not one call is answered
 */
export async function askOverWebRtc(
  questions: readonly TestQuestion[],
  options: RunOptions,
): Promise<CallOutcome[]> {
  const plans = await rehearse(questions, options);
  const gateway = await GatewayProcess.start({
    VISAVIS_MODEL: options.modelFolder,
    VISAVIS_FRAME_INTERVAL_MS: String(FRAME_INTERVAL_MS),
  });
  try {
    const called = inLanes(questions, options, (question, index) => {
      const plan = plans[index];
      if (!plan) throw new RangeError(`${question.id} has no plan`);
      return ask(gateway.url, question, plan);
    });
    // Without a gateway every question would count as wrong: that is no measurement.
    return await Promise.race([called, gateway.died]);
  } finally {
    await gateway.stop();
  }
}

async function rehearse(questions: readonly TestQuestion[], options: RunOptions): Promise<CallPlan[]> {
  const rehearsal = new Rehearsal(options.set, FRAME_INTERVAL_MS);
  const plans: CallPlan[] = [];
  try {
    for (const question of questions) {
      plans.push(await rehearsal.plan(question));
      options.onProgress?.('prepared', plans.length, questions.length);
    }
    return plans;
  } finally {
    await rehearsal.close();
  }
}

export function webRtcReport(
  outcomes: readonly CallOutcome[],
  directlyRight: number,
  calls: number,
): WebRtcReport {
  const n = outcomes.length;
  const correct = outcomes.filter((o) => o.correct).length;
  const shown = outcomes.flatMap(({ question }) => turnsOf(question)).map(({ frames }) => frames.length);
  return {
    n,
    accuracy: n === 0 ? null : correct / n,
    ...wilson(correct, n),
    direct: n === 0 ? null : directlyRight / n,
    differencePoints: n === 0 ? null : Number(((100 * (correct - directlyRight)) / n).toFixed(2)),
    failed: outcomes.filter(({ failure }) => failure !== null).length,
    frames: {
      shown: shown.reduce((sum, count) => sum + count, 0),
      attended: outcomes.reduce((sum, o) => sum + o.framesAttended, 0),
    },
    calls,
    frameIntervalMs: FRAME_INTERVAL_MS,
  };
}

async function inLanes(
  questions: readonly TestQuestion[],
  options: RunOptions,
  asked: (question: TestQuestion, index: number) => Promise<CallOutcome>,
): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  const queue = questions.entries();
  let done = 0;
  let failures = 0;
  const lane = async () => {
    for (const [index, question] of queue) {
      const outcome = await asked(question, index);
      outcomes[index] = outcome;
      done += 1;
      if (outcome.failure !== null) failures += 1;
      // Nothing works: no use to try the others.
      if (failures === done && done >= 2 * options.calls) {
        throw new ToolError(`no call is answered; ${question.id}: ${outcome.failure}`);
      }
      options.onProgress?.('answered', done, questions.length);
    }
  };
  await Promise.all(Array.from({ length: options.calls }, lane));
  return outcomes;
}

async function ask(url: string, question: TestQuestion, plan: CallPlan): Promise<CallOutcome> {
  try {
    const { answer, framesAttended } = await holdConversation(url, plan);
    const correct = check(answer, question.keys, question.cats);
    return { question, text: answer, correct, framesAttended, failure: null };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { question, text: '', correct: false, framesAttended: 0, failure: error.message };
  }
}
