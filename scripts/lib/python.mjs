import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from './process.mjs';

const NEEDS = 'import numpy, onnx, onnxruntime, pytest, scipy, tokenizers, torch';

/**
 * The Python that training runs on: the setting VISAVIS_PYTHON, else a virtual environment in training/.venv.
 *
 * @returns {string | undefined} undefined where neither is there; nobody has to have torch for the rest of the tests
 * @throws StepError when there is one, but it lacks what training/requirements.txt lists
 */
export function trainingPython(root, env = process.env) {
  const venv = join(root, 'training', '.venv', 'bin', 'python');
  const python = env.VISAVIS_PYTHON || (existsSync(venv) ? venv : undefined);
  if (python === undefined) return undefined;
  const { error, status, stderr } = spawnSync(python, ['-c', NEEDS], { encoding: 'utf8' });
  if (error) throw new StepError(`VISAVIS_PYTHON: cannot start ${python} (${error.code ?? error.message})`);
  if (status !== 0) {
    const why = stderr.trim().split('\n').at(-1);
    throw new StepError(`${python}: ${why}; run: ${python} -m pip install -r training/requirements.txt`);
  }
  return python;
}
