import { z } from 'zod';
import { configSchema } from '../pocket/model-schemas.js';

const size = z.number().int().positive();
const id = z.number().int().nonnegative();
const rgb = z.tuple([z.number(), z.number(), z.number()]);

const dtypes = z.union([z.string(), z.record(z.string(), z.string())]);

/** How transformers.js is to load a folder. */
export const transformersJsSchema = z.object({
  'transformers.js_config': z
    .object({
      dtype: dtypes.optional(),
      use_external_data_format: z
        .union([z.boolean(), z.number(), z.record(z.string(), z.union([z.boolean(), z.number()]))])
        .optional(),
    })
    .optional(),
});

/** What every `config.json` of a model with eyes and ears says. */
const common = transformersJsSchema.extend({ image_token_id: id, audio_token_id: id });

/** `config.json` of a Gemma 3n or Gemma 4 export. */
export const gemmaConfigSchema = common.extend({
  text_config: z.object({
    hidden_size: size,
    num_hidden_layers: size,
    vocab_size: size,
    max_position_embeddings: size,
  }),
});

/** `config.json` of our own weights in this layout. */
export const pocketConfigSchema = configSchema.omit({ model_type: true }).extend(common.shape);

/** Pixels: common to all image processors. */
const pixels = {
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(false),
  image_mean: rgb.default([0, 0, 0]),
  image_std: rgb.default([1, 1, 1]),
};

/** A picture of one size as planes (`SiglipImageProcessor`). */
export const planesSchema = z.object({ ...pixels, size: z.object({ height: size, width: size }) });

/** A picture as patches (`Gemma4ImageProcessor`); the defaults are that processor's. */
export const patchesSchema = z.object({
  ...pixels,
  patch_size: size.default(16),
  pooling_kernel_size: size.default(3),
  max_soft_tokens: size.default(280),
});

/** `Gemma3nAudioFeatureExtractor` and `Gemma4AudioFeatureExtractor`. */
export const melSchema = z.object({
  sampling_rate: z.literal(16_000),
  feature_size: size,
  frame_length: size,
  hop_length: size,
  fft_length: size.refine((length) => Number.isInteger(Math.log2(length)), 'is not a power of two'),
  min_frequency: z.number().nonnegative(),
  max_frequency: z.number().positive(),
  preemphasis: z.number().nullish(),
  preemphasis_htk_flavor: z.literal(true).optional(),
  mel_floor: z.number().positive(),
});

/** Gemma 3n: as many tokens for every picture and every sound. */
export const gemma3nProcessorSchema = z.object({ image_seq_length: size, audio_seq_length: size });

/** Gemma 4: everything in one file. */
export const gemma4ProcessorSchema = z.object({
  audio_ms_per_token: size.default(40),
  image_processor: patchesSchema,
  feature_extractor: melSchema,
});

const token = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);

/** The part of `tokenizer_config.json` that is read here. The template may be here or in `chat_template.jinja`. */
export const tokenizerConfigSchema = z.looseObject({
  bos_token: token.nullish(),
  eos_token: token.nullish(),
  image_token: z.string(),
  boi_token: z.string(),
  eoi_token: z.string(),
  audio_token: z.string(),
  boa_token: z.string(),
  eoa_token: z.string(),
  chat_template: z.string().optional(),
});

export const generationSchema = z.object({ eos_token_id: z.union([id, z.array(id).min(1)]) });

const sum = z.object({ bytes: size, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** `manifest.json`, which a folder of this layout may have. */
export const standardManifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  parameters: size,
  files: z.record(z.string(), sum),
});

export type Dtypes = z.infer<typeof dtypes>;
export type TransformersJsConfig = z.infer<typeof transformersJsSchema>;
export type CommonConfig = z.infer<typeof common>;
export type Pixels = Pick<
  z.infer<typeof planesSchema>,
  'do_rescale' | 'rescale_factor' | 'do_normalize' | 'image_mean' | 'image_std'
>;
