import { basename } from 'node:path';
import { z } from 'zod';
import { NO_MEDIA, type ModelConfig } from '../../core/model/model-config.js';
import { badModel, readJson } from '../folder-files.js';
import { checkExternalData, checkManifest, exists, findGraph } from '../gemma/standard-files.js';
import { generationSchema, transformersJsSchema } from '../gemma/standard-schemas.js';

/** The `model_type`s of text-only models that are known here. */
export const LLAMA_TYPES = ['llama'] as const;

const size = z.number().int().positive();
const token = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);

const configSchema = transformersJsSchema.extend({ vocab_size: size, max_position_embeddings: size });

/** The part of `tokenizer_config.json` that is read here. */
export const llamaTokenizerSchema = z.looseObject({
  bos_token: token.nullish(),
  eos_token: token.nullish(),
  chat_template: z.string().optional(),
});

/** A text-only model in the layout of transformers.js, as far as its files say anything. Plain data. */
export interface LlamaFolder {
  readonly layout: 'llama';
  readonly dir: string;
  /** Of `text`, only `vocabSize` and `maxContextTokens` hold: the rest is the decoder's to say. */
  readonly config: ModelConfig;
  /** The graph, relative to the folder. */
  readonly file: string;
  readonly stopIds: readonly number[];
  readonly license: string;
  readonly version: string;
  readonly parameters: number;
}

/** @throws `bad_model` */
export async function loadLlamaFolder(dir: string): Promise<LlamaFolder> {
  const about = await checkManifest(dir);
  const config = await readJson(dir, 'config.json', configSchema);
  const tokens = await readJson(dir, 'tokenizer_config.json', llamaTokenizerSchema);
  if (!(await exists(dir, 'tokenizer.json'))) throw badModel(dir, 'tokenizer.json', 'is missing');
  if (tokens.chat_template === undefined && !(await exists(dir, 'chat_template.jinja'))) {
    throw badModel(dir, 'chat_template.jinja', 'is missing, and tokenizer_config.json has no chat_template');
  }
  const { eos_token_id: eos } = await readJson(dir, 'generation_config.json', generationSchema);
  const file = await findGraph(dir, 'model', config);
  await checkExternalData(dir, file, config);
  const { vocab_size: vocabSize, max_position_embeddings: maxContextTokens } = config;
  return {
    layout: 'llama',
    dir,
    config: {
      ...NO_MEDIA,
      modelId: about ? `${about.name}-${about.version}` : basename(dir),
      text: { vocabSize, maxContextTokens, hiddenSize: 1, layers: 0, kvHeads: 0, headDim: 0 },
      supportsInstructions: true,
      textOnly: true,
    },
    file,
    stopIds: [eos].flat(),
    license: about?.license ?? 'unknown',
    version: about?.version ?? 'unknown',
    parameters: about?.parameters ?? 0,
  };
}
