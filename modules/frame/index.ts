export type { FrameOptions, FrameSize } from './core/options.js';
export {
  FramePipeline,
  type FrameDropReason,
  type FrameOutcome,
  type FrameSegment,
} from './core/pipeline.js';
export { FrameViews } from './core/views.js';
export { FrameModule } from './frame.module.js';
export { FrameService } from './frame.service.js';
