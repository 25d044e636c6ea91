import { z } from 'zod';
import { itemSchema } from './item.js';

const inputTokensSchema = z.object({
  text_tokens: z.number().int(),
  audio_tokens: z.number().int(),
  image_tokens: z.number().int(),
});

/** Frames count as image tokens; what was in the KV cache when the turn ended counts as cached. */
export const usageSchema = z.object({
  total_tokens: z.number().int(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  input_token_details: inputTokensSchema.extend({
    cached_tokens: z.number().int(),
    cached_tokens_details: inputTokensSchema,
  }),
  output_token_details: z.object({ text_tokens: z.number().int(), audio_tokens: z.number().int() }),
});
export type Usage = z.infer<typeof usageSchema>;

export const responseStatusSchema = z.enum(['in_progress', 'completed', 'cancelled', 'failed', 'incomplete']);
export type ResponseStatus = z.infer<typeof responseStatusSchema>;

export const statusDetailsSchema = z.object({
  type: responseStatusSchema.exclude(['in_progress']),
  reason: z.enum(['turn_detected', 'client_cancelled', 'max_output_tokens', 'content_filter']).optional(),
  error: z.object({ type: z.string(), code: z.string() }).optional(),
});
export type StatusDetails = z.infer<typeof statusDetailsSchema>;

export const responseSchema = z.object({
  object: z.literal('realtime.response'),
  id: z.string(),
  status: responseStatusSchema,
  status_details: statusDetailsSchema.nullable(),
  output: z.array(itemSchema),
  /** Null: the response is not part of the conversation. */
  conversation_id: z.string().nullable(),
  output_modalities: z.array(z.literal('text')),
  max_output_tokens: z.union([z.literal('inf'), z.number().int()]),
  usage: usageSchema.nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
});
export type Response = z.infer<typeof responseSchema>;
