import { StepError } from './process.mjs';

/**
 * What becomes of a step.
 * @typedef {{name: string, tookMs: number, state: 'passed' | 'failed' | 'stopped', error?: StepError}} Outcome
 */

/**
 * Runs the steps of some lanes: lanes side by side, the steps of a lane one after the other. When one fails, those that run are
 * stopped and no more begin.
 *
 * @template {{name: string}} Step
 * @param {Step[][]} lanes
 * @param {(step: Step, stop: AbortSignal) => Promise<void>} perform rejects with a StepError where the step fails, or is
 * stopped; any other error is a bug, and ends everything
 * @param {() => number} nowMs
 * @returns {Promise<Outcome[]>} of the steps that began, in the order of their ends; the first that is not `passed` is the
 * one that failed
 */
export async function runLanes(lanes, perform, nowMs) {
  const stop = new AbortController();
  const outcomes = [];
  const runStep = async (step) => {
    const beganMs = nowMs();
    const note = (state, error) =>
      outcomes.push({ name: step.name, tookMs: nowMs() - beganMs, state, error });
    try {
      await perform(step, stop.signal);
      note('passed');
    } catch (error) {
      const stopped = stop.signal.aborted;
      stop.abort();
      if (!(error instanceof StepError)) throw error;
      note(stopped ? 'stopped' : 'failed', error);
    }
  };
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (const step of lane) if (!stop.signal.aborted) await runStep(step);
    }),
  );
  const bug = ends.find(({ status }) => status === 'rejected');
  if (bug) throw bug.reason;
  return outcomes;
}
