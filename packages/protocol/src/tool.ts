import { z } from 'zod';
import { MAX_TEXT } from './limits.js';

/** A function that the model may ask for; `parameters` is a JSON schema, which is passed on as it is. */
export const toolSchema = z.strictObject({
  type: z.literal('function'),
  name: z.string().min(1).max(128),
  description: z.string().max(MAX_TEXT).nullish(),
  parameters: z.unknown().optional(),
  /** Clients of other APIs send it; arguments are as the model wrote them. */
  strict: z.boolean().nullish(),
});
export type Tool = z.infer<typeof toolSchema>;

/** `required`: some tool is to be called; an object: this one. */
export const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), name: z.string().min(1).max(128) }),
]);
export type ToolChoice = z.infer<typeof toolChoiceSchema>;

/** The most tools that a session or a response may have. */
export const MAX_TOOLS = 128;

export const toolsSchema = z.array(toolSchema).max(MAX_TOOLS);
