/** What llama.cpp's server tells of itself. */
export interface LlamaCounters {
  /** Slots that are computing something. */
  readonly busy: number;
  /** Prompt tokens since the start: computed, and found in a cache. */
  readonly computed: number;
  readonly cached: number;
}

/** Reads a server's slots and metrics. */
export async function readLlamaCounters(url: string): Promise<LlamaCounters> {
  const slots = (await (await fetch(`${url}/slots`)).json()) as { is_processing: boolean }[];
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counter = (name: string): number =>
    Number(new RegExp(`^llamacpp:${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  return {
    busy: slots.filter((slot) => slot.is_processing).length,
    computed: counter('prompt_tokens_total'),
    cached: counter('prompt_tokens_cached_total'),
  };
}

/** What each slot's model has read, as text without pictures and sounds. Of a server that was started with `prompts`. */
export async function readLlamaPrompts(url: string): Promise<string[]> {
  const slots = (await (await fetch(`${url}/slots`)).json()) as { prompt?: string }[];
  return slots.map(({ prompt = '' }) => prompt);
}
