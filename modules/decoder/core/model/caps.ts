import type { EngineCaps } from '#modules/contracts';
import type { ModelConfig } from './model-config.js';

/** What the local engine can do with a model. */
export function capsOf(config: ModelConfig, maxSessions: number): EngineCaps {
  const { vision, audio, text } = config;
  return {
    kind: 'local-kv',
    rollback: 'exact',
    speculative: true,
    incrementalAudio: !audio.whole,
    reuseGranularity: 1,
    maxContextTokens: text.maxContextTokens,
    maxSessions,
    frameSize: { width: vision.imageSize, height: vision.imageSize },
    tokensPerFrame: vision.tokensPerFrame,
    audioTokensPerSecond: 16_000 / (audio.hop * audio.melPerToken),
    instructions: config.supportsInstructions,
    modelId: config.modelId,
    turnEnd: audio.turnEnd !== undefined || (audio.tells?.includes('turnEnd') ?? false),
    ...(audio.tells && { heads: audio.tells }),
    tools: false,
    ...(config.textOnly && { vision: false, audio: false }),
    ...(config.writeDown && { writeDown: config.writeDown, languages: Object.keys(config.writeDown) }),
  };
}
