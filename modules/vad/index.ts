export type { JudgeModels, Judgement, SoundJudge } from './core/judge/judgement.js';
export { DEFAULT_BOUNDARY_CONFIG, type BoundaryConfig } from './core/boundary-config.js';
export { BoundaryPredictor, type BoundaryEvent } from './core/boundary.js';
export type { VadModelName, VadOptions } from './core/options.js';
export type { SpeechProbability, Vad, VadDropReason, VadHandlers, VadStream } from './core/stream.js';
export { JudgeService, type JudgeOptions, type JudgeStats } from './judge.service.js';
export { VadModule } from './vad.module.js';
export { VadService, type VadStats } from './vad.service.js';
