import { z } from 'zod';
import { inputItemSchema, type InputItem } from './item.js';
import { MAX_PARTS, MAX_TEXT } from './limits.js';
import { maxOutputTokensSchema } from './session.js';
import { toolChoiceSchema, toolsSchema } from './tool.js';

/** Items that a response of its own may read. */
const MAX_INPUT_ITEMS = 1000;

/** What a client may ask of one response; what is left out is the session's. */
export const responseParamsSchema = z.strictObject({
  /** `none`: nothing of the response enters the conversation. Default `auto`. */
  conversation: z.enum(['auto', 'none']).nullish(),
  /** What the response reads in place of the conversation; empty: nothing. Left out: the conversation. */
  input: z
    .array(inputItemSchema)
    .max(MAX_INPUT_ITEMS)
    .refine((items) => picturesIn(items) <= MAX_PARTS, { error: `at most ${MAX_PARTS} pictures` })
    .nullish(),
  /** Effect only where the model takes instructions. */
  instructions: z.string().max(MAX_TEXT).nullish(),
  tools: toolsSchema.nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  max_output_tokens: maxOutputTokensSchema.nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  /** Answers are text, whatever is asked for. */
  output_modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  /** Of a voice, which there is none of. */
  audio: z.unknown().optional(),
  /** There are no stored prompts. */
  prompt: z.null().optional(),
});
export type ResponseParams = z.infer<typeof responseParamsSchema>;

function picturesIn(items: readonly InputItem[]): number {
  const parts = items.flatMap((item) => (item.type === 'message' ? item.content : []));
  return parts.filter(({ type }) => type === 'input_image').length;
}
