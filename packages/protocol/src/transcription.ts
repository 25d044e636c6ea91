import { z } from 'zod';

/**
 * What a session says of its transcripts; null: none are made. `model` is reported, not chosen: it is the session's own.
 * `language` (ISO 639-1) helps where it is known; `prompt` has no effect.
 */
export const transcriptionSchema = z.strictObject({
  model: z.string().nullish(),
  language: z.string().max(35).nullish(),
  prompt: z.string().nullish(),
});
export type Transcription = z.infer<typeof transcriptionSchema>;

/** What it cost to write down what was said. */
export const transcriptUsageSchema = z.object({
  type: z.literal('tokens'),
  total_tokens: z.number().int(),
  input_tokens: z.number().int(),
  input_token_details: z.object({ text_tokens: z.number().int(), audio_tokens: z.number().int() }),
  output_tokens: z.number().int(),
});
