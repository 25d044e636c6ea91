import type { EngineCaps } from '#modules/contracts';

/** Tokens that a turn's own marks may take: edges of the turn and of the answer. */
export const TURN_MARK_TOKENS = 8;

/** How full a context may get; tokens, unless said otherwise. */
export interface ContextBudget {
  readonly maxTokens: number;
  /** Beyond this, old exchanges go: the rest is kept for a question and its answer. Frames do not fill it further. */
  readonly highWater: number;
  /** What such an eviction brings the context down to: in large steps, and not so far up that answers come late. */
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
    highWater: Math.floor(maxTokens * 0.7),
    lowWater: Math.floor(maxTokens * 0.5),
    maxFrames,
    keepFrames: Math.floor((maxFrames * 7) / 8),
  };
}
