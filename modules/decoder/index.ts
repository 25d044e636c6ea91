export type { DecoderOptions } from './core/options.js';
export { DecoderModule, ENGINE } from './decoder.module.js';
export { DECODER_OPTIONS, DecoderService } from './decoder.service.js';
export { loadFolder as loadModelFolder, type AnyModelFolder as ModelFolder } from './infra/load-folder.js';
export type { EngineStats } from './infra/worker-engine.js';
