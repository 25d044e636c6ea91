import type { EngineCaps } from '#modules/contracts';

/** Tokens that a turn's own marks may take: edges of the turn and of the answer. */
export const TURN_MARK_TOKENS = 8;

/** How full a context may get; tokens, unless said otherwise. */
export interface ContextBudget {
  readonly maxTokens: number;
  /** Frames do not fill the context beyond this: the rest is kept for a question and its answer. */
  readonly frameLimit: number;
  /** What an eviction brings the context down to. */
  readonly lowWater: number;
  /** Frames in the context at most. */
  readonly maxFrames: number;
  /** Frames that an eviction leaves: in large steps, so that not every frame costs one. */
  readonly keepFrames: number;
}

export function contextBudget(caps: EngineCaps, maxFrames: number): ContextBudget {
  const maxTokens = caps.maxContextTokens;
  return {
    maxTokens,
    frameLimit: Math.floor(maxTokens * 0.8),
    lowWater: Math.floor(maxTokens * 0.6),
    maxFrames,
    keepFrames: Math.floor((maxFrames * 7) / 8),
  };
}
