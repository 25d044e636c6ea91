import { basename } from 'node:path';
import { MAX_UTTERANCE_MS } from '../../core/inputs/utterance.js';
import type { MelSettings } from '../../core/inputs/log-mel.js';
import type { AudioShape, ModelConfig } from '../../core/model/model-config.js';
import { squareSide, squareTokens, type PatchSettings } from '../../core/inputs/patches.js';
import type { z } from 'zod';
import { badModel, readJson } from '../folder-files.js';
import { checkManifest, exists, findSessions, type About, type StandardSession } from './standard-files.js';
import {
  gemma3nProcessorSchema,
  gemma4ProcessorSchema,
  gemmaConfigSchema,
  generationSchema,
  melSchema,
  planesSchema,
  pocketConfigSchema,
  tokenizerConfigSchema,
  type CommonConfig,
  type Pixels,
} from './standard-schemas.js';

/** The `model_type`s of this layout that are known here, by who made it. */
export const STANDARD_TYPES = ['gemma3n', 'gemma4', 'visavis-pocket-standard'] as const;
export type StandardType = (typeof STANDARD_TYPES)[number];

const FRONTEND = 'onnx/audio_frontend.onnx';
const SAMPLES_PER_MS = 16;

/** Tokens of text around a picture or a sound: what comes before and after the rows of the encoder. */
export interface Wrapping {
  readonly before: string;
  readonly after: string;
}

/**
 * A model folder in the layout of transformers.js, checked as far as its files say anything; what the sessions declare is
 * checked when they are opened. Plain data.
 */
export interface StandardFolder {
  readonly layout: 'standard';
  readonly dir: string;
  readonly modelType: StandardType;
  /** Of `text`, only `maxContextTokens` holds: the rest is the decoder's to say. */
  readonly config: ModelConfig;
  readonly files: Readonly<Record<StandardSession, string>>;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly imageTokenId: number;
  readonly audioTokenId: number;
  readonly stopIds: readonly number[];
  /** null: the vision encoder takes planes. */
  readonly patches: PatchSettings | null;
  /** What makes the audio encoder's input; `frontend`: a graph in that file. */
  readonly sound: { readonly mel: MelSettings } | { readonly frontend: string };
  readonly image: Wrapping & { readonly token: string };
  readonly audio: Wrapping & { readonly token: string };
  readonly license: string;
  readonly version: string;
  readonly parameters: number;
}

/** What a model type adds to the files that all have in common. */
interface Media {
  readonly vision: ModelConfig['vision'];
  readonly patches: PatchSettings | null;
  readonly audio: AudioShape;
  readonly sound: StandardFolder['sound'];
}

/**
 * @param modelType as config.json says
 * @throws `bad_model`
 */
export async function loadStandardFolder(dir: string, modelType: StandardType): Promise<StandardFolder> {
  const about = await checkManifest(dir);
  const config = await readConfig(dir, modelType);
  const tokens = await readJson(dir, 'tokenizer_config.json', tokenizerConfigSchema);
  if (!(await exists(dir, 'tokenizer.json'))) throw badModel(dir, 'tokenizer.json', 'is missing');
  if (tokens.chat_template === undefined && !(await exists(dir, 'chat_template.jinja'))) {
    throw badModel(dir, 'chat_template.jinja', 'is missing, and tokenizer_config.json has no chat_template');
  }
  const { eos_token_id: eos } = await readJson(dir, 'generation_config.json', generationSchema);
  // The processors of the Gemma models put blank lines around what is not text.
  const line = modelType === 'visavis-pocket-standard' ? '' : '\n\n';
  const image = {
    token: tokens.image_token,
    before: line + tokens.boi_token,
    after: tokens.eoi_token + line,
  };
  const audio = {
    token: tokens.audio_token,
    before: line + tokens.boa_token,
    after: tokens.eoa_token + line,
  };
  const media = await readMedia(dir, modelType, around(image));
  return {
    layout: 'standard',
    dir,
    modelType,
    config: {
      modelId: about ? `${about.name}-${about.version}` : basename(dir),
      vision: media.vision,
      audio: media.audio,
      text: { ...config.text, hiddenSize: 0, layers: 0, kvHeads: 0, headDim: 0 },
      supportsInstructions: modelType === 'gemma4',
    },
    files: await findSessions(dir, config.common),
    hiddenSize: config.hiddenSize,
    vocabSize: config.text.vocabSize,
    imageTokenId: config.common.image_token_id,
    audioTokenId: config.common.audio_token_id,
    stopIds: [eos].flat(),
    patches: media.patches,
    sound: media.sound,
    image,
    audio,
    ...licence(about),
  };
}

function licence(about: About | null): Pick<StandardFolder, 'license' | 'version' | 'parameters'> {
  const { license = 'unknown', version = 'unknown', parameters = 0 } = about ?? {};
  return { license, version, parameters };
}

/** Rows that stand around the encoder's, less the first, which is the `frame` mark: each piece is one token. */
function around({ before, after }: Wrapping): number {
  const pieces = (text: string) => Number(text.includes('\n\n')) + Number(text.replace('\n\n', '') !== '');
  return pieces(before) + pieces(after) - 1;
}

async function readConfig(
  dir: string,
  modelType: StandardType,
): Promise<{
  common: CommonConfig;
  hiddenSize: number;
  text: { vocabSize: number; maxContextTokens: number };
}> {
  if (modelType === 'visavis-pocket-standard') {
    const config = await readJson(dir, 'config.json', pocketConfigSchema);
    const { hidden_size: hiddenSize, vocab_size: vocabSize, max_position_embeddings: max } = config.text;
    return { common: config, hiddenSize, text: { vocabSize, maxContextTokens: max } };
  }
  const config = await readJson(dir, 'config.json', gemmaConfigSchema);
  const { hidden_size: hiddenSize, vocab_size: vocabSize, max_position_embeddings: max } = config.text_config;
  return { common: config, hiddenSize, text: { vocabSize, maxContextTokens: max } };
}

async function readMedia(dir: string, modelType: StandardType, extra: number): Promise<Media> {
  if (modelType === 'gemma4') {
    const processor = await readJson(dir, 'processor_config.json', gemma4ProcessorSchema);
    const { image_processor: image, feature_extractor: mel, audio_ms_per_token: tokenMs } = processor;
    const patches = {
      size: image.patch_size,
      pool: image.pooling_kernel_size,
      maxTokens: image.max_soft_tokens,
    };
    const imageSize = squareSide(patches);
    const tokensPerFrame = squareTokens(patches, imageSize) + extra;
    return {
      vision: { imageSize, tokensPerFrame, ...normalisation(image) },
      patches,
      audio: wholeUtterances(mel.feature_size, mel.hop_length, tokenMs),
      sound: { mel: melSettings(mel, 'add') },
    };
  }
  const image = await readJson(dir, 'preprocessor_config.json', planesSchema);
  const { height, width } = image.size;
  if (height !== width) {
    throw badModel(dir, 'preprocessor_config.json', `size is ${width}×${height}: only squares are run`);
  }
  const vision = { imageSize: width, ...normalisation(image) };
  if (modelType === 'gemma3n') {
    const processor = await readJson(dir, 'processor_config.json', gemma3nProcessorSchema);
    const mel = await readJson(dir, 'preprocessor_config.json', melSchema);
    const tokenMs = Math.ceil(MAX_UTTERANCE_MS / processor.audio_seq_length);
    return {
      vision: { ...vision, tokensPerFrame: processor.image_seq_length + extra },
      patches: null,
      audio: wholeUtterances(mel.feature_size, mel.hop_length, tokenMs),
      sound: { mel: melSettings(mel, 'clamp') },
    };
  }
  const config = await readJson(dir, 'config.json', pocketConfigSchema);
  if (!(await exists(dir, FRONTEND))) throw badModel(dir, FRONTEND, 'is missing');
  const { n_mels: mels, hop, window, mel_per_token: melPerToken } = config.audio;
  return {
    vision: { ...vision, tokensPerFrame: config.vision.tokens_per_frame + extra },
    patches: null,
    audio: { ...wholeUtterances(mels, hop, (melPerToken * hop) / SAMPLES_PER_MS), lead: window - hop },
    sound: { frontend: FRONTEND },
  };
}

/** Mean and deviation of x/255 that do what the processor does. */
function normalisation(image: Pixels): Pick<ModelConfig['vision'], 'mean' | 'std'> {
  const scale = 255 * (image.do_rescale ? image.rescale_factor : 1);
  const { image_mean: mean, image_std: std } = image.do_normalize
    ? image
    : { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
  return { mean: mean.map((one) => one / scale), std: std.map((one) => one / scale) };
}

function melSettings(mel: z.infer<typeof melSchema>, flavor: MelSettings['flavor']): MelSettings {
  return {
    sampleRate: mel.sampling_rate,
    frameLength: mel.frame_length,
    hop: mel.hop_length,
    fftLength: mel.fft_length,
    mels: mel.feature_size,
    minHz: mel.min_frequency,
    maxHz: mel.max_frequency,
    preemphasis: mel.preemphasis ?? 0,
    floor: mel.mel_floor,
    flavor,
  };
}

/** One block holds the longest utterance and a token more, so that it is only ever whole at the end. */
function wholeUtterances(mels: number, hop: number, tokenMs: number): AudioShape {
  const melPerToken = Math.max(1, Math.round((tokenMs * SAMPLES_PER_MS) / hop));
  const tokens = Math.ceil((MAX_UTTERANCE_MS * SAMPLES_PER_MS) / (hop * melPerToken)) + 1;
  return {
    mels,
    hop,
    lead: 0,
    blockMelFrames: tokens * melPerToken,
    melPerToken,
    melPerFrame: 1,
    leftContextFrames: 0,
    layers: 0,
    heads: 0,
    headDim: 0,
    hiddenSize: 0,
    whole: true,
  };
}
