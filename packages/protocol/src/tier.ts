import type { z } from 'zod';

/**
 * Whose an event is:
 * - `openai`: as in OpenAI Realtime.
 * - `extended`: OpenAI's, with fields or values of our own, which a client may ignore.
 * - `visavis`: ours alone. A server event of this kind is sent only to who asked for it.
 */
export type Tier = 'openai' | 'extended' | 'visavis';

const KEY = 'x-tier';

/** Notes an event's tier where it is defined; JSON Schema made from it says so, too. */
export function ofTier<S extends z.ZodType>(tier: Tier, schema: S): S {
  return schema.meta({ [KEY]: tier });
}

/** @returns null for a schema that is no event's */
export function tierOf(schema: z.ZodType): Tier | null {
  const tier = schema.meta()?.[KEY];
  return tier === 'openai' || tier === 'extended' || tier === 'visavis' ? tier : null;
}
