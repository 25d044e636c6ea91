import { basename, dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { PreTrainedModel, Tensor as TensorClass } from '@huggingface/transformers';
import { KvCache } from '../../modules/decoder/core/context/kv-cache.js';
import type { OmniModel } from '../../modules/decoder/core/model/ports.js';
import { greedy } from '../../modules/decoder/core/text/sampler.js';
import { loadStandardFolder } from '../../modules/decoder/folders/gemma/standard-folder.js';
import { StandardModel } from '../../modules/decoder/local/onnx/standard-model.js';
import { StandardTokenizer } from '../../modules/decoder/folders/gemma/standard-tokenizer.js';

/** Tokens made by a standard export: an export of our own weights (`python -m pocket.export.standard`). */
export interface StandardDecode {
  /** A `visavis-pocket-standard` folder. */
  readonly folder: string;
  /** Rows in the cache when the first timed token begins. */
  readonly past: number;
  /** Timed. */
  readonly tokens: number;
}

/** In one run; as many rows as a frame chunk has. */
const PREFILL_ROWS = 64;
/** The same ids for both, none of them special. */
export const promptId = (at: number): number => 10 + ((at * 31) % 200);

/**
 * Milliseconds of each token of {@link StandardModel}, its embedding lookup included: `past_key_values` fed from slabs, the new rows of `present` written back.
 * One thread; blocks this one.
 */
export async function standardSteps({ folder: dir, past, tokens }: StandardDecode): Promise<number[]> {
  const folder = await loadStandardFolder(dir, 'visavis-pocket-standard');
  const model = await StandardModel.load(folder, await StandardTokenizer.load(folder), 1);
  try {
    return await decodeSteps(model, { past, tokens });
  } finally {
    await model.release();
  }
}

/** Milliseconds of each token of a model that is called as the engine calls it. */
export async function decodeSteps(
  model: OmniModel,
  { past, tokens }: Pick<StandardDecode, 'past' | 'tokens'>,
): Promise<number[]> {
  const cache = new KvCache(model.kv, past + tokens + PREFILL_ROWS);
  const step = async (ids: number[]): Promise<number> => {
    const embeds = await model.embed(ids);
    const rows = { embeds, count: ids.length, position: cache.length, past: cache.last() };
    const { keys, values, logits } = await model.decode(rows);
    cache.append(keys, values, ids.length);
    return greedy(logits);
  };
  let next = promptId(0);
  while (cache.length < past) {
    const count = Math.min(PREFILL_ROWS, past - cache.length);
    next = await step(Array.from({ length: count }, (_, at) => promptId(cache.length + at)));
  }
  const stepMs: number[] = [];
  for (let made = 0; made < tokens; made++) {
    const startedAt = performance.now();
    next = await step([next]);
    stepMs.push(performance.now() - startedAt);
  }
  return stepMs;
}

/**
 * Milliseconds of each token of transformers.js on the same folder: its own `generate`, greedy, with no end of sequence. It knows our
 * folder as a Gemma 3n one, whose graphs take and give the same. One thread; blocks this one.
 */
export async function transformersJsSteps({ folder: dir, past, tokens }: StandardDecode): Promise<number[]> {
  const { env, Gemma3nForCausalLM, PretrainedConfig, Tensor } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = `${dirname(dir)}/`;
  const { kv, folder } = await shapesOf(dir);
  const config = new PretrainedConfig({
    model_type: 'gemma3n',
    architectures: ['Gemma3nForConditionalGeneration'],
    image_token_id: folder.imageTokenId,
    audio_token_id: folder.audioTokenId,
    text_config: {
      model_type: 'gemma3n_text',
      num_hidden_layers: kv.layers,
      num_key_value_heads: kv.heads,
      head_dim: kv.headDim,
    },
  });
  const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const model = await Gemma3nForCausalLM.from_pretrained(basename(dir), {
    config,
    dtype: 'fp32',
    device: 'cpu',
    session_options,
  });
  return generateSteps(model, Tensor, { past, tokens });
}

/** Of transformers.js's own `generate`, greedy, with no end of sequence; lets the model go. */
export async function generateSteps(
  model: PreTrainedModel,
  Tensor: typeof TensorClass,
  { past, tokens }: Pick<StandardDecode, 'past' | 'tokens'>,
): Promise<number[]> {
  // The first token pays for the prompt; the time of the others is theirs alone.
  const at: number[] = [];
  const ids = BigInt64Array.from({ length: past }, (_, index) => BigInt(promptId(index)));
  await model.generate({
    inputs: new Tensor('int64', ids, [1, past]),
    max_new_tokens: tokens + 1,
    do_sample: false,
    eos_token_id: null,
    streamer: { put: () => void at.push(performance.now()), end: () => undefined },
  } as never);
  await model.dispose();
  const made = at.slice(-(tokens + 1));
  if (made.length !== tokens + 1) {
    throw new Error(`transformers.js made ${at.length} tokens of ${tokens + 1}`);
  }
  return made.slice(1).map((atMs, index) => atMs - (made[index] ?? Number.NaN));
}

async function shapesOf(dir: string) {
  const folder = await loadStandardFolder(dir, 'visavis-pocket-standard');
  const model = await StandardModel.load(folder, await StandardTokenizer.load(folder), 1);
  await model.release();
  return { kv: model.kv, folder };
}
