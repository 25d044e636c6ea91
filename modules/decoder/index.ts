export type { DecoderOptions } from './core/options.js';
export { DecoderModule, ENGINE } from './decoder.module.js';
export { DECODER_OPTIONS, DecoderService } from './decoder.service.js';
export type { EngineStats } from './infra/worker-engine.js';
export { loadModelFolder, type ModelFolder } from './infra/model-folder.js';
