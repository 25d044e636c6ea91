/** What servers of chat completions differ in, as far as we use it. */
export interface Dialect {
  /** Pictures and sounds take an `uuid` beside them, by which the server knows them again without looking at them. */
  readonly mediaIds: boolean;
  /** Field of a request that keeps one tenant's cache apart from the others'; null: there is none. */
  readonly saltField: 'cache_salt' | null;
  /** A session can be tied to one of the server's slots (`id_slot`). */
  readonly slots: boolean;
  /** Sent with every request. */
  readonly always: Readonly<Record<string, unknown>>;
  /** Sent with a request that is there for the cache alone, beside the one token that it asks for. */
  readonly warming: Readonly<Record<string, unknown>>;
  /** Field that bounds an answer's tokens. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Tokens in the unit in which a prefix is found again. */
  readonly granularity: number;
}

export const DIALECTS = {
  vllm: {
    mediaIds: true,
    saltField: 'cache_salt',
    slots: false,
    always: {},
    warming: { add_generation_prompt: false },
    maxTokensField: 'max_completion_tokens',
    granularity: 16,
  },
  sglang: {
    mediaIds: false,
    saltField: 'cache_salt',
    slots: false,
    always: {},
    warming: {},
    maxTokensField: 'max_completion_tokens',
    granularity: 1,
  },
  llama: {
    mediaIds: false,
    saltField: null,
    slots: true,
    always: { cache_prompt: true },
    warming: {},
    maxTokensField: 'max_tokens',
    granularity: 1,
  },
  openai: {
    mediaIds: false,
    saltField: null,
    slots: false,
    always: {},
    warming: {},
    maxTokensField: 'max_tokens',
    granularity: 128,
  },
} as const satisfies Record<string, Dialect>;
