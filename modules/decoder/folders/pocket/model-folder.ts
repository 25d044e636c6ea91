import type { z } from 'zod';
import type { AudioShape, ModelConfig, SpecialTokens } from '../../core/model/model-config.js';
import { checkConfigShapes } from './config-shapes.js';
import { badModel, checkFile, readJson } from '../folder-files.js';
import {
  configSchema,
  EAR_HEADS,
  manifestSchema,
  preprocessorSchema,
  tokenizerSchema,
  type IoShapes,
  type Manifest,
} from './model-schemas.js';

export { badModel } from '../folder-files.js';

/** The ONNX sessions of a model folder, each in `onnx/<name>.onnx`. */
export const SESSIONS = [
  'embed_tokens',
  'vision_encoder',
  'audio_frontend',
  'audio_encoder',
  'decoder_model',
] as const;
export type SessionName = (typeof SESSIONS)[number];

const JSON_FILES = ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** A model folder that was checked: whole, unchanged since its manifest was written, and of one piece. Plain data. */
export interface ModelFolder {
  readonly layout: 'delta';
  readonly dir: string;
  readonly config: ModelConfig;
  readonly special: SpecialTokens;
  readonly shapes: Readonly<Record<SessionName, IoShapes>>;
  readonly license: string;
  readonly version: string;
  readonly parameters: number;
}

export const onnxFile = (session: SessionName): string => `onnx/${session}.onnx`;

/**
 * Checks a model folder: every file there with the size and sha256 of `manifest.json`, every JSON file as it must be.
 * Shapes inside the ONNX files are checked when the engine opens them.
 * @throws `bad_model`
 */
export async function loadModelFolder(dir: string): Promise<ModelFolder> {
  const manifest = await readJson(dir, 'manifest.json', manifestSchema);
  for (const file of [...JSON_FILES, ...SESSIONS.map(onnxFile)]) {
    if (!(file in manifest.files)) throw badModel(dir, 'manifest.json', `does not list ${file}`);
  }
  for (const [file, expected] of Object.entries(manifest.files)) await checkFile(dir, file, expected);
  const config = await readJson(dir, 'config.json', configSchema);
  const preprocessor = await readJson(dir, 'preprocessor_config.json', preprocessorSchema);
  const { image_size: imageSize } = config.vision;
  if (preprocessor.size.width !== imageSize || preprocessor.size.height !== imageSize) {
    throw badModel(dir, 'preprocessor_config.json', `size is not config.json's image_size of ${imageSize}`);
  }
  const { audio } = config;
  const windows = {
    block_mel_frames: audio.block_mel_frames,
    ...(audio.ear === 'whisper' && { left_context_mel_frames: audio.left_context_mel_frames }),
  };
  for (const [name, frames] of Object.entries(windows)) {
    if (frames % audio.mel_per_token === 0) continue;
    throw badModel(dir, 'config.json', `audio.${name} is not a multiple of audio.mel_per_token`);
  }
  const modelConfig = toModelConfig(config, preprocessor, `${manifest.name}-${manifest.version}`);
  const shapes = shapesOf(dir, manifest);
  checkConfigShapes(dir, modelConfig, shapes);
  return {
    layout: 'delta',
    dir,
    config: modelConfig,
    shapes,
    special: await readSpecialTokens(dir, config.special_tokens),
    license: manifest.license,
    version: manifest.version,
    parameters: manifest.parameters,
  };
}

function toModelConfig(
  config: z.infer<typeof configSchema>,
  preprocessor: z.infer<typeof preprocessorSchema>,
  modelId: string,
): ModelConfig {
  const { vision, audio, text } = config;
  return {
    modelId,
    vision: {
      imageSize: vision.image_size,
      tokensPerFrame: vision.tokens_per_frame,
      mean: preprocessor.image_mean,
      std: preprocessor.image_std,
    },
    audio: toAudioShape(audio),
    text: {
      hiddenSize: text.hidden_size,
      layers: text.layers,
      kvHeads: text.kv_heads,
      headDim: text.head_dim,
      vocabSize: text.vocab_size,
      maxContextTokens: text.max_position_embeddings,
    },
    supportsInstructions: config.supports_instructions,
    ...(config.write_down && { writeDown: config.write_down }),
  };
}

function toAudioShape(audio: z.infer<typeof configSchema>['audio']): AudioShape {
  const common = {
    mels: audio.n_mels,
    hop: audio.hop,
    lead: audio.window - audio.hop,
    blockMelFrames: audio.block_mel_frames,
    melPerToken: audio.mel_per_token,
    melPerFrame: 2,
  };
  if (audio.ear === 'whisper') {
    const noPast = { leftContextFrames: 0, layers: 0, heads: 0, headDim: 0, hiddenSize: 0 };
    const tells = audio.heads?.map((name) => EAR_HEADS[name]);
    return { ...common, ...noPast, contextMelFrames: audio.left_context_mel_frames, ...(tells && { tells }) };
  }
  const { turn_end: head } = audio;
  return {
    ...common,
    leftContextFrames: audio.left_context_frames,
    layers: audio.layers,
    heads: audio.heads,
    headDim: audio.head_dim,
    hiddenSize: audio.hidden_size,
    ...(head && { turnEnd: { layers: head.layers, heads: head.heads, headDim: head.head_dim } }),
  };
}

async function readSpecialTokens(
  dir: string,
  names: z.infer<typeof configSchema>['special_tokens'],
): Promise<SpecialTokens> {
  const { added_tokens: added } = await readJson(dir, 'tokenizer.json', tokenizerSchema);
  const idOf = (name: string): number => {
    const token = added.find(({ content }) => content === name);
    if (!token) throw badModel(dir, 'tokenizer.json', `has no added token ${name}, which config.json names`);
    return token.id;
  };
  const { system, ...rest } = names;
  return {
    bos: idOf(rest.bos),
    user: idOf(rest.user),
    assistant: idOf(rest.assistant),
    frame: idOf(rest.frame),
    audio: idOf(rest.audio),
    end: idOf(rest.end),
    ...(system === undefined ? {} : { system: idOf(system) }),
  };
}

function shapesOf(dir: string, manifest: Manifest): Record<SessionName, IoShapes> {
  const of = (session: SessionName): IoShapes => {
    const shapes = manifest.shapes[session];
    if (!shapes) throw badModel(dir, 'manifest.json', `has no shapes of ${session}`);
    return shapes;
  };
  return {
    embed_tokens: of('embed_tokens'),
    vision_encoder: of('vision_encoder'),
    audio_frontend: of('audio_frontend'),
    audio_encoder: of('audio_encoder'),
    decoder_model: of('decoder_model'),
  };
}
