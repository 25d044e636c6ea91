// `npm test [-- --only STEP,… | --skip STEP,… | --with STEP,…] [jest pattern…]`: the checks, those that do not disturb each other
// side by side, each timed, stopping at the first failure. The last line is for programs: `N passed, N failed, N skipped`.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PHASES, STEPS } from './lib/checks.mjs';
import { arrange, chooseSteps } from './lib/choice.mjs';
import { runLanes } from './lib/lanes.mjs';
import { StepError, run } from './lib/process.mjs';
import { holdsUp } from './lib/reports.mjs';
import { closing, heading, seconds } from './lib/telling.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where nobody looks at what was skipped, nothing may be. */
const NOTHING_SKIPPED = !['', '0', 'false'].includes(process.env.CI ?? '');
const now = () => performance.now();

function options(argv) {
  const list = { type: 'string' };
  const { values, positionals: patterns } = parseArgs({
    args: argv,
    options: { only: list, skip: list, with: list },
    allowPositionals: true,
  });
  return { ...values, patterns };
}

/** What is only asked for because something has to be fetched for it joins in by itself where that is there. */
function steps() {
  return Promise.all(
    STEPS.map(async (step) => ((await step.there?.(root)) ? { ...step, extra: undefined } : step)),
  );
}

/** Brings what the steps need, before any of them runs: a machine that lacks something says so at once. */
async function prepare(chosen) {
  const demanding = chosen.filter(({ packages, prepare: more }) => packages || more);
  try {
    await ensureSystemPackages(chosen.flatMap(({ packages = [] }) => packages));
    for (const step of demanding) await step.prepare?.(root);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const names = demanding.map(({ name }) => name).join(',');
    throw new StepError(`${error.message}; to do without: npm test -- --skip ${names}`);
  }
}

/**
 * @param {import('./lib/reports.mjs').Results[]} results what suites find is added
 * @returns what runs one step; where steps run side by side, its output is shown whole when it is over
 */
function performer(patterns, shared, results) {
  return async (step, stop) => {
    const beganMs = now();
    let kept = '';
    const how = shared ? { cwd: root, output: (text) => (kept += text), signal: stop } : { cwd: root };
    const found = [];
    const context = {
      root,
      patterns,
      shared,
      run: (program, args, more) => run(program, args, { ...how, ...more }),
      count: (each) => found.push(each),
    };
    if (!shared) console.log(heading(step));
    try {
      await step.run(context);
      for (const each of found) holdsUp(each, NOTHING_SKIPPED);
    } finally {
      // What was stopped has found nothing that would mean anything.
      if (!stop.aborted) {
        results.push(...found);
        if (shared) process.stdout.write(`${heading(step, now() - beganMs)}\n${kept}`);
      }
    }
  };
}

async function runSteps(chosen, patterns, { outcomes, results }) {
  await prepare(chosen);
  for (const lanes of arrange(PHASES, chosen)) {
    const shared = lanes.length > 1;
    const names = lanes.flat().map(({ name }) => name);
    if (shared) console.log(`\n── side by side: ${names.join(', ')}; each is shown when it is over`);
    outcomes.push(...(await runLanes(lanes, performer(patterns, shared, results), now)));
    const failed = outcomes.find(({ state }) => state === 'failed');
    if (!failed) continue;
    const { name, tookMs, error } = failed;
    throw new StepError(`check '${name}' failed after ${seconds(tookMs)}: ${error.message}`);
  }
}

async function main(argv) {
  const { patterns, ...named } = options(argv);
  const { chosen, leftOut } = chooseSteps(await steps(), named);
  const beganMs = now();
  const done = { outcomes: [], results: [], leftOut, all: !named.only && !named.skip, problem: null };
  try {
    await runSteps(chosen, patterns, done);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    done.problem = error.message;
    process.exitCode = 1;
  }
  for (const line of closing({ ...done, tookMs: now() - beganMs })) console.log(line);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StepError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`vis-a-vis: ${error.message}`);
  process.exitCode = 1;
}
