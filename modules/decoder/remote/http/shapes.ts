import { z } from 'zod';

// What servers send, as far as it is looked at. A count that is none is as if it had not been told.

const count = z.number().int().min(0).max(1e8).optional().catch(undefined);

const usage = z
  .object({
    prompt_tokens: count,
    completion_tokens: count,
    prompt_tokens_details: z.object({ cached_tokens: count }).nullish().catch(undefined),
  })
  .nullish()
  .catch(undefined);
/** llama-server's own. */
const timings = z.object({ cache_n: count, prompt_n: count }).nullish().catch(undefined);

const toolCall = z.object({
  index: z.number().int().min(0).max(1000).nullish(),
  id: z.string().max(256).nullish(),
  function: z.object({ name: z.string().max(256).nullish(), arguments: z.string().nullish() }).nullish(),
});

export const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({ content: z.string().nullish(), tool_calls: z.array(toolCall).max(128).nullish() })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage,
  timings,
  error: z.unknown().optional(),
});
export type Chunk = z.infer<typeof chunkSchema>;

export const completionSchema = z.object({ choices: z.array(z.unknown()).min(1), usage, timings });

export const modelsSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        owned_by: z.string().nullish(),
        max_model_len: count.nullable().catch(undefined),
        meta: z.object({ n_ctx: count, n_ctx_train: count }).nullish().catch(undefined),
      }),
    )
    .min(1),
});

export const propsSchema = z.object({
  total_slots: count,
  default_generation_settings: z.object({ n_ctx: count }).nullish().catch(undefined),
});

/** What a server told of its work. null: it did not tell. */
export interface Usage {
  readonly prompt: number | null;
  readonly cached: number | null;
  readonly out: number | null;
}

export function usageOf(from: Pick<Chunk, 'usage' | 'timings'>): Usage | null {
  const { usage: told, timings: timed } = from;
  if (!told && !timed) return null;
  const byTiming =
    timed?.cache_n !== undefined && timed.prompt_n !== undefined ? timed.cache_n + timed.prompt_n : null;
  const prompt = told?.prompt_tokens ?? byTiming;
  const cached = told?.prompt_tokens_details?.cached_tokens ?? timed?.cache_n ?? null;
  // No server has cached more of a prompt than there is.
  return {
    prompt,
    cached: cached === null || prompt === null ? cached : Math.min(cached, prompt),
    out: told?.completion_tokens ?? null,
  };
}
