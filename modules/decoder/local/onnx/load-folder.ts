import { z } from 'zod';
import type { OmniModel, TextCodec } from '../../core/model/ports.js';
import { badModel, readJson } from '../../folders/folder-files.js';
import { LLAMA_TYPES, loadLlamaFolder, type LlamaFolder } from '../../folders/llama/llama-folder.js';
import { LlamaTokenizer } from '../../folders/llama/llama-tokenizer.js';
import { loadModelFolder, type ModelFolder } from '../../folders/pocket/model-folder.js';
import { LlamaModel } from './llama-model.js';
import { OrtModel } from './ort-model.js';
import {
  loadStandardFolder,
  STANDARD_TYPES,
  type StandardFolder,
} from '../../folders/gemma/standard-folder.js';
import { StandardModel } from './standard-model.js';
import { StandardTokenizer } from '../../folders/gemma/standard-tokenizer.js';
import { FolderTokenizer } from '../../folders/pocket/tokenizer.js';

/** A model folder of any layout. */
export type AnyModelFolder = ModelFolder | StandardFolder | LlamaFolder;

/** A model that holds native memory until it is released. */
export type LoadedModel = OmniModel & { release(): Promise<void> };

const peekSchema = z.looseObject({ model_type: z.string() });

/**
 * Checks a model folder; config.json's `model_type` says of which layout it is.
 * @throws `bad_model`
 */
export async function loadFolder(dir: string): Promise<AnyModelFolder> {
  const modelType = await peekModelType(dir);
  const standard = STANDARD_TYPES.find((type) => type === modelType);
  if (standard) return loadStandardFolder(dir, standard);
  if (LLAMA_TYPES.some((type) => type === modelType)) return loadLlamaFolder(dir);
  if (modelType !== null && modelType !== 'visavis-pocket') {
    const known = ['visavis-pocket', ...STANDARD_TYPES, ...LLAMA_TYPES].join(', ');
    throw badModel(dir, 'config.json', `model_type: ${modelType} is not one of ${known}`);
  }
  return loadModelFolder(dir);
}

/**
 * Opens a folder's sessions and tokenizer.
 * @param threads for one run
 * @throws `bad_model`
 */
export async function openFolder(
  folder: AnyModelFolder,
  threads: number,
): Promise<{ model: LoadedModel; codec: TextCodec }> {
  if (folder.layout === 'delta') {
    const codec = await FolderTokenizer.load(folder);
    const model = await OrtModel.load(folder, threads);
    await checkFrame(folder, model);
    return { model, codec };
  }
  if (folder.layout === 'llama') {
    const codec = await LlamaTokenizer.load(folder);
    return { model: await LlamaModel.load(folder, codec, threads), codec };
  }
  const codec = await StandardTokenizer.load(folder);
  return { model: await StandardModel.load(folder, codec, threads), codec };
}

/** How many tokens a frame becomes is free in the graph, so only a frame can tell. @throws `bad_model` */
async function checkFrame({ dir, config: { vision, text } }: ModelFolder, model: OrtModel): Promise<void> {
  const features = await model.encodeFrame(new Float32Array(3 * vision.imageSize ** 2));
  const tokens = features.length / text.hiddenSize;
  if (tokens === vision.tokensPerFrame) return;
  const cause = `vision.tokens_per_frame is ${vision.tokensPerFrame}, but vision_encoder makes ${tokens} of a frame`;
  throw badModel(dir, 'config.json', cause);
}

/** null where the file is damaged: the manifest, if there is one, then says more of it. */
async function peekModelType(dir: string): Promise<string | null> {
  try {
    return (await readJson(dir, 'config.json', peekSchema)).model_type;
  } catch (error) {
    if (error instanceof Error && error.message.endsWith('is missing')) throw error;
    return null;
  }
}
