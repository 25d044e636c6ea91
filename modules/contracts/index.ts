export type { AudioFrame, RgbImage, VideoFrame, VideoSource } from './media.js';
export { SAMPLE_RATE, VIDEO_SOURCES } from './media.js';
export type { Clock, IdSource } from './clock.js';
export { ERRORS, VisavisError, type ErrorCode } from './errors.js';
export { PowerSpectrum } from './power-spectrum.js';
export { Guard, ON_BUG, type OnBug } from './guard.js';
export type {
  AppendReceipt,
  AsideOptions,
  AsideSegment,
  Checkpoint,
  EarHead,
  EarTold,
  EngineCaps,
  EngineSession,
  EvictOptions,
  GenEvent,
  GenerateOptions,
  OmniEngine,
  Removal,
  Role,
  Segment,
  ShedReason,
  Tool,
  ToolChoice,
} from './engine.js';
export { workerEntry, type WorkerEntry } from './worker.js';
