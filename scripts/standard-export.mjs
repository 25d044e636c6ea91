// Writes the shipped weights as a standard export (`past_key_values` -> `present`) for `npm run bench -- decode` to compare with: too large to
// commit, and the same until the weights change. Prints the folder.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from './lib/build.mjs';
import { childEnv, run, StepError } from './lib/process.mjs';
import { ensureTrainingPython } from './lib/python.mjs';

const CHECKPOINT = 'training/checkpoints/v1.pt';
const EXPORTER = 'training/pocket/export/standard.py';

export async function standardExport(root) {
  const folder = join(
    root,
    'artifacts',
    `standard-${(await hashOf(root, [CHECKPOINT, EXPORTER])).slice(0, 12)}`,
  );
  if (existsSync(folder)) return folder;
  const python = await ensureTrainingPython(root);
  const training = join(root, 'training');
  const tokenizer = join(root, 'models/visavis-pocket/tokenizer.json');
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  const files = ['--checkpoint', join(root, CHECKPOINT), '--tokenizer', tokenizer, '--out', unfinished];
  await run(python, ['-W', 'ignore', '-m', 'pocket.export.standard', ...files], {
    cwd: training,
    env: childEnv(process.execPath, { PYTHONPATH: training }),
    what: 'standard export',
    quiet: true,
  });
  await rename(unfinished, folder);
  return folder;
}

if (import.meta.main) {
  try {
    console.log(await standardExport(process.argv[2]));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`vis-a-vis: ${error.message}`);
    process.exitCode = 1;
  }
}
