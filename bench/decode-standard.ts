import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { ToolError } from '../tools/support/cli.js';

/** One thread, as in the engine. */
const SESSION_OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1 };

const TOKEN = 7;

/** A standard export (`past_key_values` → `present`) in onnxruntime, as a plain loop would drive it. */
export class StandardDecoder {
  private readonly embed: InferenceSession;
  private readonly decoder: InferenceSession;

  private constructor(embed: InferenceSession, decoder: InferenceSession) {
    this.embed = embed;
    this.decoder = decoder;
  }

  /** @param folder in the layout of transformers.js */
  static async open(folder: string): Promise<StandardDecoder> {
    const open = (name: string) =>
      InferenceSession.create(join(folder, 'onnx', `${name}.onnx`), SESSION_OPTIONS);
    return new StandardDecoder(await open('embed_tokens'), await open('decoder_model_merged'));
  }

  /** Milliseconds of each of so many steps, one token each, the first after a past of `past` rows. */
  async steps(past: number, count: number): Promise<number[]> {
    let cache = this.emptyCache(past);
    const stepMs: number[] = [];
    for (let at = 0; at < count; at++) {
      const startedAt = performance.now();
      const rows = past + at;
      const looked = await this.embed.run({ input_ids: integers([TOKEN], [1, 1]) });
      const outputs = await this.decoder.run({
        inputs_embeds: looked['inputs_embeds'] as Tensor,
        attention_mask: integers(Array<number>(rows + 1).fill(1), [1, rows + 1]),
        position_ids: integers([rows], [1, 1]),
        num_logits_to_keep: integers([1], []),
        ...cache,
      });
      stepMs.push(performance.now() - startedAt);
      cache = Object.fromEntries(
        Object.keys(cache).map((name) => [
          name,
          outputs[name.replace('past_key_values', 'present')] as Tensor,
        ]),
      );
    }
    return stepMs;
  }

  async release(): Promise<void> {
    await this.embed.release();
    await this.decoder.release();
  }

  /** The work does not depend on what is in the cache. */
  private emptyCache(rows: number): Record<string, Tensor> {
    const cache: Record<string, Tensor> = {};
    for (const input of this.decoder.inputMetadata) {
      if (!input.name.startsWith('past_key_values.') || !input.isTensor) continue;
      const [, heads, , dim] = input.shape;
      if (typeof heads !== 'number' || typeof dim !== 'number') {
        throw new ToolError(`${input.name} of the standard export has free heads or width`);
      }
      const data = new Float32Array(heads * rows * dim).fill(0.1);
      cache[input.name] = new Tensor('float32', data, [1, heads, rows, dim]);
    }
    return cache;
  }
}

function integers(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

/** What is used of `@huggingface/transformers`, which is not needed to build or run anything else here. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: number[]) => unknown;
  readonly LlavaForConditionalGeneration: {
    from_pretrained(
      name: string,
      options: object,
    ): Promise<{ generate(options: object): Promise<unknown>; dispose(): Promise<unknown> }>;
  };
}

const textSchema = z.object({
  text: z.object({
    hidden_size: z.number(),
    layers: z.number(),
    heads: z.number(),
    kv_heads: z.number(),
    head_dim: z.number(),
    vocab_size: z.number(),
  }),
});

/**
 * Milliseconds of each of so many tokens after the first, which transformers.js generates from the same folder.
 * @returns null where the library is not installed
 */
export async function transformersJsSteps(
  folder: string,
  past: number,
  count: number,
): Promise<number[] | null> {
  const library = await transformers();
  if (!library) return null;
  library.env.allowRemoteModels = false;
  library.env.localModelPath = `${dirname(folder)}/`;
  const model = await library.LlavaForConditionalGeneration.from_pretrained(basename(folder), {
    dtype: 'fp32',
    device: 'cpu',
    session_options: SESSION_OPTIONS,
    config: await llavaConfig(folder),
  });
  try {
    const toldAt: number[] = [];
    const ids = (value: bigint) =>
      new library.Tensor('int64', new BigInt64Array(past).fill(value), [1, past]);
    await model.generate({
      input_ids: ids(BigInt(TOKEN)),
      attention_mask: ids(1n),
      max_new_tokens: count + 1,
      min_new_tokens: count + 1,
      do_sample: false,
      // It is told the prompt first, then each token.
      streamer: { put: () => void toldAt.push(performance.now()), end: () => undefined },
    });
    const tokensAt = toldAt.slice(1);
    return tokensAt.slice(1).map((atMs, index) => atMs - (tokensAt[index] ?? Number.NaN));
  } finally {
    await model.dispose();
  }
}

async function transformers(): Promise<Transformers | null> {
  // Not a literal, so that types and bundles do not ask for it.
  const name: string = '@huggingface/transformers';
  try {
    return (await import(name)) as Transformers;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** The library has no class for our `model_type`; LLaVA's runs the same graphs in the same way. */
async function llavaConfig(folder: string): Promise<object> {
  const { text } = textSchema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
  return {
    model_type: 'llava',
    is_encoder_decoder: false,
    image_token_index: -1,
    text_config: {
      model_type: 'llama',
      hidden_size: text.hidden_size,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      num_key_value_heads: text.kv_heads,
      head_dim: text.head_dim,
      vocab_size: text.vocab_size,
    },
  };
}
