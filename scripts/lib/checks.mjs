import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { JANUS } from '../bot-parts.mjs';
import { ensureBuild } from './build.mjs';
import { ensureLivekit } from './servers/livekit.mjs';
import { KEEP_WASM_WRAPPERS_GENERIC } from './node.mjs';
import { childEnv } from './process.mjs';
import {
  ensureClientsPython,
  ensureServersPython,
  ensureTrainingPython,
  hasClientsPython,
  hasServersPython,
  hasTrainingPython,
} from './python.mjs';
import { jestResults, pytestResults } from './reports.mjs';

/**
 * What a step is given.
 * @typedef {object} Context
 * @property {string} root the repository
 * @property {string[]} patterns what paths of test files are to match; none: all
 * @property {boolean} shared another lane runs beside this one
 * @property {(program: string, args: string[], how?: object) => Promise<void>} run as in process.mjs, in the repository
 * @property {(results: import('./reports.mjs').Results) => void} count to be called once with what a suite found
 */

/**
 * A check.
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {string} [extra] it runs only where it is asked for; why, in words
 * @property {(root: string) => Promise<boolean>} [there] what `extra` tells of has been fetched: it need not be asked for
 * @property {object[]} [packages] what it needs of the operating system, as system-packages.mjs takes it
 * @property {(root: string) => Promise<unknown>} [prepare] what else has to be there before anything runs
 * @property {(context: Context) => Promise<unknown>} run
 */

/** A TURN server, which its package also starts as a service where there is an init. */
const COTURN = { name: 'coturn', program: 'turnserver' };
/** For promtool, and a server that scrapes us; its package also starts one as a service where there is an init. */
const PROMETHEUS = { name: 'prometheus', program: 'prometheus' };
/** What networks of two machines are made with: test/support/namespaces.ts. */
const IPROUTE = { name: 'iproute2', program: 'ip' };
const CHROMIUM = { name: 'chromium', file: '/usr/bin/chromium' };
/** A WHIP client of others, and what test/e2e/support/no-upnp.c is compiled by. */
const WHIP_CLIENT = [
  { name: 'simple-whip-client', program: 'whip-client' },
  { name: 'gcc', program: 'cc' },
];

/** What training calls of the operating system: speech by two synthesisers, Opus, a reader of Ogg, and a font for the cards. */
const TRAINING_PACKAGES = [
  { name: 'libespeak-ng1', library: 'libespeak-ng.so.1' },
  { name: 'libopus0', library: 'libopus.so.0' },
  { name: 'flite', program: 'flite' },
  { name: 'ffmpeg', program: 'ffmpeg' },
  { name: 'fonts-dejavu-core', file: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' },
];

/** @type {Step[]} */
export const STEPS = [
  // First: lint and types of one workspace package read the declarations that another one's build emits.
  { name: 'build', what: 'what start and demo run', run: ({ root }) => ensureBuild(root) },
  {
    name: 'format',
    what: 'prettier',
    run: (context) => tool(context, 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  },
  {
    name: 'lint',
    what: 'oxlint, type-aware',
    run: (context) => tool(context, 'oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
  },
  { name: 'layers', what: 'dependency-cruiser', run: layers },
  { name: 'types', what: 'tsc on sources, tests and the page', run: types },
  { name: 'unit', what: 'jest, next to the code', run: (context) => jest(context, 'unit') },
  {
    name: 'contract',
    what: 'jest, fakes held to the real parts',
    run: (context) => jest(context, 'contract'),
  },
  {
    name: 'training',
    what: 'pytest, then every stage in little, export and parity',
    extra: '5.6 GB of Python packages',
    there: (root) => hasTrainingPython(root),
    packages: TRAINING_PACKAGES,
    prepare: (root) => ensureTrainingPython(root),
    run: training,
  },
  {
    name: 'e2e',
    what: 'jest, the built gateway and real browsers',
    packages: [CHROMIUM, ...WHIP_CLIENT],
    // Calls are real time, and mostly wait: two files share the two cores.
    run: (context) => jest(context, 'e2e', '--maxWorkers=2'),
  },
  {
    name: 'clients',
    what: "jest, the built gateway and others' clients in Python",
    extra: '350 MB of Python packages',
    there: (root) => hasClientsPython(root),
    prepare: (root) => ensureClientsPython(root),
    run: (context) => jest(context, 'clients', '--runInBand'),
  },
  {
    name: 'engines',
    what: "jest, the remote engine before others' inference servers, and weights of others in ours",
    extra: '450 MB of Python packages and weights',
    there: (root) => hasServersPython(root),
    packages: [CHROMIUM],
    prepare: (root) => ensureServersPython(root),
    run: (context) => jest(context, 'engines', '--runInBand'),
  },
  {
    name: 'rooms',
    what: 'jest, the call bot in rooms of real servers, with real browsers',
    extra: 'a Janus server is installed and a LiveKit server built for it',
    packages: [CHROMIUM, ...JANUS],
    prepare: ensureLivekit,
    run: (context) => jest(context, 'rooms', '--runInBand'),
  },
  {
    name: 'long',
    what: 'jest, what takes longer than a check may',
    extra: 'it takes longer',
    packages: [CHROMIUM, COTURN, PROMETHEUS, IPROUTE],
    // Most of it waits: for networks that are cut, for calls that are left, for pauses between questions.
    run: (context) => jest(context, 'long', '--maxWorkers=2'),
  },
  {
    name: 'docs',
    what: 'the documents as pages, whose links lead somewhere',
    extra: '100 MB of npm packages',
    run: (context) =>
      context.run(process.execPath, [join(context.root, 'scripts/docs.mjs')], { what: 'docs' }),
  },
  // Not in CI: what it holds to 2 ms is told on an idle machine only.
  {
    name: 'load',
    what: "jest, the load generator's figures before a server of known delay",
    extra: 'it wants an idle machine',
    run: (context) => jest(context, 'load', '--runInBand'),
  },
];

/**
 * One after the other; what stands side by side in a phase does not disturb each other on two cores. The suites that run gateways
 * and browsers in real time have the machine for themselves.
 */
export const PHASES = [
  [['build']],
  [['format', 'lint', 'layers', 'types', 'unit'], ['contract']],
  [['training']],
  [['e2e']],
  [['clients']],
  [['engines']],
  [['rooms']],
  [['long']],
  [['docs']],
  [['load']],
];

/** Runs a development tool of ours; `path` is its program inside node_modules. */
function tool({ root, run }, path, ...args) {
  return run(process.execPath, [join(root, 'node_modules', path), ...args], { what: path.split('/')[0] });
}

function layers(context) {
  const folders = ['src', 'modules', 'packages', 'examples', 'tools', 'bench', 'client-demo', 'test'];
  const cli = 'dependency-cruiser/bin/dependency-cruiser.mjs';
  return tool(context, cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...folders);
}

async function types(context) {
  for (const project of ['tsconfig.json', 'packages/client', 'packages/react', 'client-demo']) {
    await tool(context, 'typescript/bin/tsc', '--noEmit', '-p', project);
  }
}

async function training(context) {
  const { root, run } = context;
  const python = await ensureTrainingPython(root);
  const cwd = join(root, 'training');
  const env = childEnv(process.execPath, { PYTHONPATH: cwd });
  await suite(context, 'pytest.xml', pytestResults, (report) => {
    const flags = ['-q', '-p', 'no:cacheprovider', `--junitxml=${report}`];
    return run(python, ['-m', 'pytest', ...flags, 'tests'], { cwd, env, what: 'pytest' });
  });
  await run(python, ['-W', 'ignore', '-m', 'pocket.smoke'], { cwd, env, what: 'training smoke' });
}

const JEST_NODE = ['--experimental-vm-modules', KEEP_WASM_WRAPPERS_GENERIC];

function jest(context, project, ...args) {
  const { root, patterns, shared, run } = context;
  const cli = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const half = Math.max(1, Math.floor(availableParallelism() / 2));
  const flags = ['--selectProjects', project, ...(shared ? [`--maxWorkers=${half}`] : []), ...args];
  return suite(
    context,
    `jest-${project}.json`,
    (json) => jestResults(json, root),
    (report) =>
      run(
        process.execPath,
        [...JEST_NODE, cli, ...flags, '--json', `--outputFile=${report}`, ...patterns],
        // The one warning that silence here hides is that ESM in jest rests on an experimental Node interface.
        {
          env: childEnv(process.execPath, { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }),
          what: `jest (${project})`,
        },
      ),
  );
}

/** Runs a suite, and counts what its report says, whether it ended well or not. */
async function suite({ root, count }, name, read, start) {
  const report = join(root, 'artifacts', name);
  await mkdir(join(root, 'artifacts'), { recursive: true });
  await rm(report, { force: true });
  try {
    await start(report);
  } finally {
    if (existsSync(report)) count(read(await readFile(report, 'utf8')));
  }
}
