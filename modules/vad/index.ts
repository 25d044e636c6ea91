export { DEFAULT_BOUNDARY_CONFIG, type BoundaryConfig } from './core/boundary-config.js';
export { BoundaryPredictor, type BoundaryEvent } from './core/boundary.js';
export type { VadModelName, VadOptions } from './core/options.js';
export type { SpeechProbability, Vad, VadDropReason, VadHandlers, VadStream } from './core/stream.js';
export { VadModule } from './vad.module.js';
export { VadService, type VadStats } from './vad.service.js';
