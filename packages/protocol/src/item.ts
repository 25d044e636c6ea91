import { z } from 'zod';

const inputTextSchema = z.object({ type: z.literal('input_text'), text: z.string() });

/** Types and their parameters are written in any case (RFC 2045); what the file is, its own header says. */
const dataUrl = z
  .string()
  .regex(
    /^data:image\/(?:png|jpe?g|webp|gif)(?:;[^;,]*)*;\s*base64,/i,
    'a data URL of type image/png, image/jpeg, image/webp or image/gif',
  );

const imageDetailSchema = z.enum(['auto', 'low', 'high']);

/** Content of a message that a client creates. */
export const clientContentSchema = z.discriminatedUnion('type', [
  inputTextSchema,
  z.object({
    type: z.literal('input_audio'),
    /** Base64 of 16-bit little-endian mono PCM at 24 kHz. */
    audio: z.base64(),
    transcript: z.string().nullish(),
  }),
  z.object({ type: z.literal('input_image'), image_url: dataUrl, detail: imageDetailSchema.optional() }),
  z.object({ type: z.literal('output_text'), text: z.string() }),
]);
export type ClientContent = z.infer<typeof clientContentSchema>;

/** A message that a client puts into the conversation. */
export const clientItemSchema = z.object({
  id: z.string().min(1).max(64).optional(),
  type: z.literal('message'),
  role: z.enum(['user', 'assistant', 'system']),
  status: z.string().optional(),
  content: z.array(clientContentSchema).min(1),
});
export type ClientItem = z.infer<typeof clientItemSchema>;

/**
 * Content as the server reports it. Media is never echoed: an audio or image part says only that it is there. Stock
 * clients need `transcript` on audio, null included.
 */
export const contentSchema = z.discriminatedUnion('type', [
  inputTextSchema,
  z.object({ type: z.literal('input_audio'), transcript: z.string().nullable() }),
  z.object({ type: z.literal('input_image'), detail: imageDetailSchema.optional() }),
  z.object({ type: z.literal('output_text'), text: z.string() }),
]);
export type Content = z.infer<typeof contentSchema>;

export const itemSchema = z.object({
  id: z.string(),
  object: z.literal('realtime.item'),
  type: z.literal('message'),
  status: z.enum(['completed', 'incomplete', 'in_progress']),
  role: z.enum(['user', 'assistant', 'system']),
  content: z.array(contentSchema),
});
export type Item = z.infer<typeof itemSchema>;
