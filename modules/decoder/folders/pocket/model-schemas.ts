import { z } from 'zod';
import type { EarHead } from '#modules/contracts';

const size = z.number().int().positive();

/** An ear that hears block by block and keeps a past: a model folder of before 3.0. */
const causalSchema = z.object({
  ear: z.literal('causal').optional(),
  sample_rate: z.literal(16_000),
  n_mels: size,
  hop: size,
  window: size,
  block_mel_frames: size,
  left_context_frames: size,
  mel_per_token: size,
  layers: size,
  heads: size,
  head_dim: size,
  hidden_size: size,
  turn_end: z.object({ layers: size, heads: size, head_dim: size }).optional(),
});

/** What a graph's outputs tell, by their names. */
export const EAR_HEADS = {
  turn_end: 'turnEnd',
  not_for_me: 'notForMe',
  interrupts: 'interrupts',
} as const satisfies Record<string, EarHead>;

/** The output that tells each. */
export const EAR_OUTPUTS = {
  turnEnd: 'turn_end',
  notForMe: 'not_for_me',
  interrupts: 'interrupts',
} as const satisfies Record<EarHead, string>;

/** Whisper's encoder: it hears all of an utterance at once, and a long one in windows. */
const whisperSchema = z.object({
  ear: z.literal('whisper'),
  sample_rate: z.literal(16_000),
  n_mels: size,
  hop: size,
  window: size,
  block_mel_frames: size,
  left_context_mel_frames: size,
  mel_per_token: size,
  heads: z.array(z.enum(['turn_end', 'not_for_me', 'interrupts'])).optional(),
});

/** `config.json` of a visavis-pocket model folder. */
export const configSchema = z.object({
  model_type: z.literal('visavis-pocket'),
  vision: z.object({ image_size: size, tokens_per_frame: size }),
  audio: z.discriminatedUnion('ear', [whisperSchema, causalSchema]),
  text: z.object({
    hidden_size: size,
    layers: size,
    kv_heads: size,
    head_dim: size,
    vocab_size: size,
    max_position_embeddings: size,
  }),
  special_tokens: z.object({
    bos: z.string(),
    user: z.string(),
    assistant: z.string(),
    frame: z.string(),
    audio: z.string(),
    end: z.string(),
    system: z.string().optional(),
  }),
  supports_instructions: z.boolean(),
  /** Words that have the model write down what was said before them, by language; the first are those for any other. */
  write_down: z.record(z.string(), z.string()).optional(),
});

const rgb = z.tuple([z.number(), z.number(), z.number()]);

/** `preprocessor_config.json`: how pixels are normalised. */
export const preprocessorSchema = z.object({
  size: z.object({ height: size, width: size }),
  image_mean: rgb,
  image_std: rgb,
});

const shape = z.array(z.union([z.number().int(), z.string()]));
const io = z.record(z.string(), shape);

/** `manifest.json`: every file's checksum, every session's inputs and outputs. Names in shapes are free dimensions. */
export const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  parameters: size,
  files: z.record(z.string(), z.object({ bytes: size, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  shapes: z.record(z.string(), z.object({ inputs: io, outputs: io })),
});

/** The part of `tokenizer.json` that is read here; the rest is the tokenizer's. */
export const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type IoShapes = Manifest['shapes'][string];
