import { z } from 'zod';
import { MAX_PARTS, MAX_TEXT } from './limits.js';

const text = z.string().max(MAX_TEXT);
const inputTextSchema = z.object({ type: z.literal('input_text'), text });

const without = z.unknown().optional();

/** What OpenAI's types have on parts of any kind, which clients send back as they got them. Further fields are refused by name. */
const PART = { text: without, audio: without, transcript: without, image_url: without, detail: without };

/** The same of items. */
const ITEM = {
  object: without,
  status: z.string().optional(),
  role: without,
  content: without,
  name: without,
  call_id: without,
  arguments: without,
  output: without,
};

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
  z.strictObject({
    ...PART,
    type: z.literal('input_text'),
    text,
  }),
  z.strictObject({
    ...PART,
    type: z.literal('input_audio'),
    /** Base64 of 16-bit little-endian mono PCM at 24 kHz. */
    audio: z.base64(),
    /** The client's own; the item keeps it. */
    transcript: text.nullish(),
  }),
  z.strictObject({
    ...PART,
    type: z.literal('input_image'),
    image_url: dataUrl,
    detail: imageDetailSchema.optional(),
  }),
  z.strictObject({
    ...PART,
    type: z.literal('output_text'),
    text,
  }),
]);
export type ClientContent = z.infer<typeof clientContentSchema>;

const clientId = z.string().min(1).max(64);
const callId = z.string().min(1).max(512);

export const clientMessageSchema = z.strictObject({
  ...ITEM,
  type: z.literal('message'),
  id: clientId.optional(),
  role: z.enum(['user', 'assistant', 'system']),
  content: z.array(clientContentSchema).min(1).max(MAX_PARTS),
});
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** A call of a tool, of a conversation that is taken up again. */
const clientCallSchema = z.strictObject({
  ...ITEM,
  type: z.literal('function_call'),
  id: clientId.optional(),
  call_id: callId.optional(),
  name: z.string().min(1).max(128),
  arguments: text,
});

/** What a tool gave back for a call that is in the conversation. */
const clientResultSchema = z.strictObject({
  ...ITEM,
  type: z.literal('function_call_output'),
  id: clientId.optional(),
  call_id: callId,
  output: text,
});

/** An item that a client puts into the conversation. */
export const clientItemSchema = z.discriminatedUnion('type', [
  clientMessageSchema,
  clientCallSchema,
  clientResultSchema,
]);
export type ClientItem = z.infer<typeof clientItemSchema>;

/** What a response of its own reads: items that are nowhere else, and items of the conversation by their ids. */
export const inputItemSchema = z.discriminatedUnion('type', [
  clientMessageSchema,
  clientCallSchema,
  clientResultSchema,
  z.strictObject({
    ...ITEM,
    type: z.literal('item_reference'),
    id: clientId,
  }),
]);
export type InputItem = z.infer<typeof inputItemSchema>;

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

const ofServer = {
  id: z.string(),
  object: z.literal('realtime.item'),
  status: z.enum(['completed', 'incomplete', 'in_progress']),
};

export const itemSchema = z.discriminatedUnion('type', [
  z.object({
    ...ofServer,
    type: z.literal('message'),
    role: z.enum(['user', 'assistant', 'system']),
    content: z.array(contentSchema),
  }),
  z.object({
    ...ofServer,
    type: z.literal('function_call'),
    name: z.string(),
    call_id: z.string(),
    /** JSON, as the model wrote it. */
    arguments: z.string(),
  }),
  z.object({
    ...ofServer,
    type: z.literal('function_call_output'),
    call_id: z.string(),
    output: z.string(),
  }),
]);
export type Item = z.infer<typeof itemSchema>;
