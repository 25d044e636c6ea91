import { basename, dirname } from 'node:path';
import { loadLlamaFolder } from '../../modules/decoder/folders/llama/llama-folder.js';
import { LlamaTokenizer } from '../../modules/decoder/folders/llama/llama-tokenizer.js';
import { LlamaModel } from '../../modules/decoder/local/onnx/llama-model.js';
import { smollm2Folder, startLlamaServer } from '../../tools/servers/llama-server.js';
import { ToolError } from '../../tools/support/cli.js';
import { percentile } from '../../tools/support/statistics.js';
import { decodeSteps, generateSteps, promptId } from './standard.js';

/** Tokens a second of SmolLM2-135M on one core, by length of the past: in float32, but for llama.cpp, which has the 4 bits as they came. */
export interface Smollm2Decode {
  readonly localTokensPerS: readonly number[];
  readonly transformersJsTokensPerS: readonly number[];
  readonly llamaCppTokensPerS: readonly number[];
}

const WARM_UP_STEPS = 2;

/** @returns null where its parts cannot be had, which is then said */
export async function smollm2Decode(pasts: readonly number[], tokens: number): Promise<Smollm2Decode | null> {
  let folder: string;
  try {
    folder = await smollm2Folder();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.log(`no SmolLM2 to compare with: ${error.message}`);
    return null;
  }
  const [local, theirs, cpp]: [number[], number[], number[]] = [[], [], []];
  for (const past of pasts) {
    const run = { past, tokens: WARM_UP_STEPS + tokens };
    local.push(rate(await localSteps(folder, run)));
    theirs.push(rate(await transformersJs(folder, run)));
    cpp.push(await llamaCpp(run));
  }
  return { localTokensPerS: local, transformersJsTokensPerS: theirs, llamaCppTokensPerS: cpp };
}

interface Run {
  readonly past: number;
  readonly tokens: number;
}

async function localSteps(dir: string, run: Run): Promise<number[]> {
  const folder = await loadLlamaFolder(dir);
  const model = await LlamaModel.load(folder, await LlamaTokenizer.load(folder), 1);
  try {
    return await decodeSteps(model, run);
  } finally {
    await model.release();
  }
}

async function transformersJs(dir: string, run: Run): Promise<number[]> {
  const { env, LlamaForCausalLM, Tensor } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = `${dirname(dir)}/`;
  const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const model = await LlamaForCausalLM.from_pretrained(basename(dir), {
    dtype: 'fp32',
    device: 'cpu',
    session_options,
  });
  return generateSteps(model, Tensor, run);
}

/** Its own count, of the answer alone. */
async function llamaCpp({ past, tokens }: Run): Promise<number> {
  const server = await startLlamaServer({ slots: 1, threads: 1 });
  try {
    const prompt = Array.from({ length: past }, (_, at) => promptId(at));
    const body = { prompt, n_predict: tokens, temperature: 0, ignore_eos: true, cache_prompt: false };
    const response = await fetch(`${server.url}/completion`, { method: 'POST', body: JSON.stringify(body) });
    const { timings } = (await response.json()) as { timings: { predicted_per_second: number } };
    return Number(timings.predicted_per_second.toFixed(1));
  } finally {
    await server.stop();
  }
}

function rate(stepMs: readonly number[]): number {
  const median = percentile(stepMs.slice(WARM_UP_STEPS), 50) ?? Number.NaN;
  return Number((1000 / median).toFixed(1));
}
