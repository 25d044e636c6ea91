import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureSystemPackages } from '../system-packages.mjs';
import { hashOf } from './build.mjs';
import { StepError, run } from './process.mjs';

/**
 * Something of ours that runs on Python.
 * @typedef {object} Use
 * @property {string} folder what it needs is in its requirements.txt; its environment is made in its .venv
 * @property {string} costs what making that takes, in words
 * @property {string} [setting] names another Python, which is taken as it is
 * @property {string[]} [flags] further ones of pip install
 */

/** @type {Use} */
const TRAINING = {
  folder: 'training',
  costs: '5.6 GB, a minute or two',
  setting: 'VISAVIS_PYTHON',
};
/** @type {Use} */
const CLIENTS = { folder: 'test/clients', costs: '350 MB, a minute or two' };
/** @type {Use} */
const SERVERS = { folder: 'tools/servers', costs: '450 MB, half a minute', flags: ['--no-deps'] };
/** @type {Use} */
const VLLM = { folder: 'tools/servers/vllm', costs: '6 GB, some minutes', flags: ['--no-deps'] };

/** @type {Use} */
const BENCH = { folder: 'bench/media/aiortc', costs: '200 MB, a few seconds', flags: ['--no-deps'] };

const requirementsOf = ({ folder }) => `${folder}/requirements.txt`;

/** What the pinned packages ask for. */
const OLDEST = [3, 11];
/** Debian's comes last: on a machine with another one in front, that one is meant. */
const CANDIDATES = ['python3', 'python3.11', '/usr/bin/python3'];

/** Exits with 0 where this Python is new enough and can make a virtual environment (Debian ships that apart). */
const SUITS = `import sys; assert sys.version_info[:2] >= (${OLDEST.join(', ')}); import ensurepip, venv`;

/** Says which of the required packages are not there. Any version will do: it may be a build for the machine's own GPU. */
const MISSING = `
import importlib.metadata, re, sys
names = [re.match(r"[A-Za-z0-9._-]+", line) for line in open(sys.argv[1])]
def there(name):
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False
print(" ".join(n.group() for n in names if n and not there(n.group())))`;

/**
 * The Python that training runs on: the one that VISAVIS_PYTHON names, as it is, else a virtual environment in
 * training/.venv, made here and kept to training/requirements.txt.
 *
 * @returns {Promise<string>}
 * @throws StepError when the one that was named lacks packages, or none can be made
 */
export const ensureTrainingPython = (root, env = process.env) => ensure(TRAINING, root, env);

/** Whether `ensureTrainingPython` would have nothing to make or fetch. One that was named and lacks something is told then. */
export const hasTrainingPython = (root, env = process.env) => has(TRAINING, root, env);

/** The Python that the clients of others run on (test/clients): the same, but nothing names another one. */
export const ensureClientsPython = (root) => ensure(CLIENTS, root, {});
export const hasClientsPython = (root) => has(CLIENTS, root, {});

/** The Python that servers of others run on (tools/servers): the same. */
export const ensureServersPython = (root) => ensure(SERVERS, root, {});
export const hasServersPython = (root) => has(SERVERS, root, {});

/** The Python that vLLM runs on (tools/servers/vllm): the same, and asked for by nothing but what is told to use it. */
export const ensureVllmPython = (root) => ensure(VLLM, root, {});

/** The Python of the receiver that the media bench compares with (bench/media/aiortc): the same. */
export const ensureBenchPython = (root) => ensure(BENCH, root, {});

async function ensure(use, root, env) {
  const own = use.setting && env[use.setting];
  if (own) return named(use, root, own);
  const { venv, python, stamp, wanted, upToDate } = await environment(use, root);
  if (upToDate) return python;

  // A link to a Python that is gone counts as absent too; so does an environment whose making was cut off before pip.
  const usable = existsSync(python) && starts(python, ['-m', 'pip', '--version']);
  if (!usable) await run(await basePython(use), ['-m', 'venv', '--clear', venv], { cwd: root, what: 'venv' });
  const requirements = requirementsOf(use);
  console.log(`vis-a-vis: installing ${requirements} into ${use.folder}/.venv (pip; ${use.costs})`);
  const flags = [
    '--quiet',
    '--no-cache-dir',
    '--no-compile',
    '--disable-pip-version-check',
    ...(use.flags ?? []),
  ];
  await run(python, ['-m', 'pip', 'install', ...flags, '-r', requirements], {
    cwd: root,
    what: 'pip install',
    quiet: true,
  });
  await writeFile(stamp, wanted);
  return python;
}

async function has(use, root, env) {
  return Boolean(use.setting && env[use.setting]) || (await environment(use, root)).upToDate;
}

async function environment(use, root) {
  const venv = join(root, use.folder, '.venv');
  const python = join(venv, 'bin', 'python');
  const stamp = join(venv, '.installed-from');
  const wanted = await hashOf(root, [requirementsOf(use)]);
  const upToDate = existsSync(python) && existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  return { venv, python, stamp, wanted, upToDate };
}

function named({ setting, ...use }, root, python) {
  const requirements = requirementsOf(use);
  const { error, status, stdout, stderr } = spawnSync(python, ['-c', MISSING, join(root, requirements)], {
    encoding: 'utf8',
  });
  if (error) throw new StepError(`${setting}: cannot start ${python} (${error.code ?? error.message})`);
  if (status !== 0) throw new StepError(`${setting}: ${python}: ${stderr.trim().split('\n').at(-1)}`);
  const missing = stdout.trim();
  if (missing === '') return python;
  throw new StepError(
    `${setting}: ${python} lacks ${missing}; run: ${python} -m pip install -r ${requirements}`,
  );
}

async function basePython({ folder, setting }) {
  const suiting = () => CANDIDATES.find((candidate) => starts(candidate, ['-c', SUITS]));
  const found = suiting();
  if (found) return found;
  await ensureSystemPackages([{ name: 'python3' }, { name: 'python3-venv' }]);
  const installed = suiting();
  if (installed) return installed;
  throw new StepError(
    `${folder} needs Python ${OLDEST.join('.')} or later with venv, and this system's is older` +
      (setting ? `; ${setting} may name one` : ''),
  );
}

// The environment is said, because Node's own would be the process's real one where a test has put another in its place.
const starts = (program, args) =>
  spawnSync(program, args, { stdio: 'ignore', env: { ...process.env } }).status === 0;
