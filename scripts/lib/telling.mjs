const MARKS = { passed: '✓', failed: '✗', stopped: '–' };

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** What a step prints above its output. */
export const heading = ({ name, what }, tookMs) =>
  `\n── ${name}: ${what}${tookMs === undefined ? '' : ` (${seconds(tookMs)})`}`;

/**
 * The last lines of `npm test`: the steps, what was skipped and left out, and the line that programs read.
 *
 * @param {object} done
 * @param {import('./lanes.mjs').Outcome[]} done.outcomes
 * @param {import('./reports.mjs').Results[]} done.results of each suite that ran to its end
 * @param {{name: string, extra?: string}[]} done.leftOut
 * @param {boolean} done.all no step was chosen by name
 * @param {number} done.tookMs
 * @param {string | null} done.problem what went wrong, in one line; null: nothing
 * @returns {string[]}
 */
export function closing({ outcomes, results, leftOut, all, tookMs, problem }) {
  const sum = (count) => results.reduce((total, each) => total + count(each), 0);
  const [passed, failed] = [sum((each) => each.passed), sum((each) => each.failed)];
  const skipped = results.flatMap((each) => each.skipped);
  const verdict = `${all ? 'all' : 'chosen'} checks passed (${passed} tests, ${seconds(tookMs)})`;
  return [
    '',
    ...outcomes.map(
      ({ name, tookMs: ms, state }) => `  ${MARKS[state]} ${name.padEnd(10)} ${seconds(ms).padStart(8)}`,
    ),
    ...skipped.map((test) => `  skipped: ${test}`),
    `vis-a-vis: ${problem ?? verdict}`,
    ...leftOut.map(
      ({ name, extra }) =>
        `left out: ${name}${extra ? ` (${extra})` : ''}; to have it: npm test -- --with ${name}`,
    ),
    // An error before any suite ran is one failure too: it is never "0 failed" where something went wrong.
    `${passed} passed, ${problem === null ? failed : Math.max(1, failed)} failed, ${skipped.length} skipped`,
  ];
}
