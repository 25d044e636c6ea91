import { StepError } from './process.mjs';

/**
 * Which of the steps of `npm test` run.
 *
 * @template {{name: string, extra?: string}} Step `extra`: it runs only where it is asked for; why, in words
 * @param {Step[]} steps
 * @param {{only?: string, skip?: string, with?: string}} options lists of names, with commas between
 * @returns {{chosen: Step[], leftOut: Step[]}} `leftOut`: those that nobody said no to
 * @throws StepError where a name is unknown
 */
export function chooseSteps(steps, options) {
  const named = (list) => {
    const names = list?.split(',') ?? [];
    const unknown = names.find((name) => !steps.some((step) => step.name === name));
    if (unknown === undefined) return steps.filter(({ name }) => names.includes(name));
    throw new StepError(`no step '${unknown}'; there are ${steps.map(({ name }) => name).join(', ')}`);
  };
  const [only, skip, wanted] = [named(options.only), named(options.skip), named(options.with)];
  const first = options.only ? only : steps.filter((step) => !step.extra);
  const chosen = steps.filter(
    (step) => (first.includes(step) || wanted.includes(step)) && !skip.includes(step),
  );
  const leftOut = options.only ? [] : steps.filter((step) => !chosen.includes(step));
  return { chosen, leftOut };
}

/**
 * @template {{name: string}} Step
 * @param {string[][][]} phases one after the other; in each, the names of the steps of its lanes
 * @param {Step[]} chosen
 * @returns {Step[][][]} the same with the chosen steps alone
 */
export function arrange(phases, chosen) {
  const stepsOf = (lane) => lane.flatMap((name) => chosen.find((step) => step.name === name) ?? []);
  return phases
    .map((lanes) => lanes.map(stepsOf).filter((lane) => lane.length > 0))
    .filter((lanes) => lanes.length > 0);
}
