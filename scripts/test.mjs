// `npm test [-- --only STEP[,STEP…] | --skip STEP[,STEP…] [jest pattern…]]`: every check in order, each timed, stopping at
// the first failure.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuild } from './lib/build.mjs';
import { StepError, childEnv, run } from './lib/process.mjs';
import { passedTests } from './lib/junit.mjs';
import { ensureTrainingPython } from './lib/python.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Runs a development tool of ours; `path` is its program inside node_modules. */
const tool = (path, ...args) =>
  run(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root, what: path.split('/')[0] });

/** A step answers how many tests passed, where it counts any.
 * @type {{name: string, what: string, run: (patterns: string[]) => Promise<number | void>}[]} */
const STEPS = [
  // First: lint and types of one workspace package read the declarations that another one's build emits.
  { name: 'build', what: 'what start and demo run', run: () => ensureBuild(root) },
  {
    name: 'format',
    what: 'prettier',
    run: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  },
  {
    name: 'lint',
    what: 'oxlint, type-aware',
    run: () => tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
  },
  { name: 'layers', what: 'dependency-cruiser', run: layers },
  { name: 'types', what: 'tsc on sources, tests and the page', run: types },
  { name: 'unit', what: 'jest, next to the code', run: (patterns) => jest('unit', patterns) },
  {
    name: 'contract',
    what: 'jest, fakes held to the real parts',
    run: (patterns) => jest('contract', patterns),
  },
  { name: 'training', what: 'pytest, then every stage in little, export and parity', run: training },
  { name: 'e2e', what: 'jest, the built gateway and real browsers', run: e2e },
];

function layers() {
  const folders = ['src', 'modules', 'packages', 'tools', 'bench', 'client-demo', 'test'];
  const cli = 'dependency-cruiser/bin/dependency-cruiser.mjs';
  return tool(cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...folders);
}

async function types() {
  for (const project of ['tsconfig.json', 'packages/client', 'client-demo']) {
    await tool('typescript/bin/tsc', '--noEmit', '-p', project);
  }
}

/** What training calls of the operating system: speech by two synthesisers, Opus, and a font for the cards. */
const TRAINING_PACKAGES = [
  { name: 'libespeak-ng1', library: 'libespeak-ng.so.1' },
  { name: 'libopus0', library: 'libopus.so.0' },
  { name: 'flite', program: 'flite' },
  { name: 'fonts-dejavu-core', file: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' },
];

/** @returns {Promise<number>} how many tests passed */
async function training() {
  const python = await trainingSetUp();
  const cwd = join(root, 'training');
  const report = join(root, 'artifacts', 'pytest.xml');
  await mkdir(join(root, 'artifacts'), { recursive: true });
  const env = childEnv(process.execPath, { PYTHONPATH: cwd });
  const flags = ['-q', '-p', 'no:cacheprovider', `--junitxml=${report}`];
  await run(python, ['-m', 'pytest', ...flags, 'tests'], { cwd, env, what: 'pytest' });
  await run(python, ['-W', 'ignore', '-m', 'pocket.smoke'], { cwd, env, what: 'training smoke' });
  return passedTests(await readFile(report, 'utf8'));
}

async function trainingSetUp() {
  try {
    await ensureSystemPackages(TRAINING_PACKAGES);
    return await ensureTrainingPython(root);
  } catch (error) {
    if (error instanceof StepError) error.message += '; to do without: npm test -- --skip training';
    throw error;
  }
}

async function e2e(patterns) {
  await ensureSystemPackages([{ name: 'chromium', program: 'chromium' }]);
  return jest('e2e', ['--runInBand', ...patterns]);
}

/** @returns {Promise<number>} how many tests passed */
async function jest(project, args) {
  const report = join(root, 'artifacts', `jest-${project}.json`);
  await mkdir(join(root, 'artifacts'), { recursive: true });
  const cli = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  await run(
    process.execPath,
    [
      '--experimental-vm-modules',
      cli,
      '--selectProjects',
      project,
      '--json',
      `--outputFile=${report}`,
      ...args,
    ],
    // The one warning that silence here hides is that ESM in jest rests on an experimental Node interface.
    {
      cwd: root,
      env: childEnv(process.execPath, { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }),
      what: `jest (${project})`,
    },
  );
  return JSON.parse(await readFile(report, 'utf8')).numPassedTests;
}

function chosenSteps({ only, skip }) {
  const chosen = only ? named(only) : STEPS;
  const skipped = skip ? named(skip) : [];
  return chosen.filter((step) => !skipped.includes(step));
}

function named(list) {
  const names = list.split(',');
  const unknown = names.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown)
    throw new StepError(`no step '${unknown}'; there are ${STEPS.map((step) => step.name).join(', ')}`);
  return STEPS.filter((step) => names.includes(step.name));
}

async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { only: { type: 'string' }, skip: { type: 'string' } },
    allowPositionals: true,
  });
  const startedAt = performance.now();
  const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const done = [];
  let tests = 0;
  const steps = chosenSteps(values);
  for (const step of steps) {
    console.log(`\n── ${step.name}: ${step.what}`);
    const stepAt = performance.now();
    try {
      tests += (await step.run(positionals)) ?? 0;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      throw new StepError(`check '${step.name}' failed after ${seconds(stepAt)}: ${error.message}`);
    }
    done.push({ name: step.name, took: seconds(stepAt) });
  }
  console.log('');
  for (const { name, took } of done) console.log(`  ✓ ${name.padEnd(10)} ${took.padStart(8)}`);
  const which = steps.length < STEPS.length ? 'chosen' : 'all';
  console.log(`vis-a-vis: ${which} checks passed (${tests} tests, ${seconds(startedAt)})`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StepError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`vis-a-vis: ${error.message}`);
  process.exitCode = 1;
}
