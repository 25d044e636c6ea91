// Which Python training runs on. Real: the file system and the programs started; no torch is needed.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainingPython } from './python.mjs';

let root;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'python-'))));
afterEach(() => rm(root, { recursive: true }));

/** A program in place of Python that answers an import as told. */
async function program(path, body) {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

test('there is none unless somebody made or named one', () => {
  expect(trainingPython(root, {})).toBeUndefined();
  expect(trainingPython(root, { VISAVIS_PYTHON: '' })).toBeUndefined();
});

test('the virtual environment in training/.venv is found, and a setting goes before it', async () => {
  const folder = join(root, 'training', '.venv', 'bin');
  await mkdir(folder, { recursive: true });
  const venv = await program(join(folder, 'python'), 'exit 0');
  expect(trainingPython(root, {})).toBe(venv);
  const own = await program(join(root, 'own'), 'exit 0');
  expect(trainingPython(root, { VISAVIS_PYTHON: own })).toBe(own);
});

test('one without torch is told with the way to get it, one that is not there by its name', async () => {
  const bare = await program(
    join(root, 'bare'),
    `echo "ModuleNotFoundError: No module named 'torch'" >&2; exit 1`,
  );
  expect(() => trainingPython(root, { VISAVIS_PYTHON: bare })).toThrow(
    `${bare}: ModuleNotFoundError: No module named 'torch'; run: ${bare} -m pip install -r training/requirements.txt`,
  );
  expect(() => trainingPython(root, { VISAVIS_PYTHON: join(root, 'gone') })).toThrow(
    /cannot start .*gone \(ENOENT\)/,
  );
});
