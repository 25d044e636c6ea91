export type { DecoderOptions } from './local/options.js';
export { DecoderModule, ENGINE } from './decoder.module.js';
export { DECODER_OPTIONS, DecoderService, type EngineOptions } from './decoder.service.js';
export {
  loadFolder as loadModelFolder,
  type AnyModelFolder as ModelFolder,
} from './local/onnx/load-folder.js';
export type { EngineStats } from './local/worker-engine.js';
export { parseHubId } from './folders/hub/hub-api.js';
export { fetchHubModel } from './folders/hub/hub-model.js';
export { checkServers, type ServerFinding } from './remote/check-servers.js';
export { RemoteEngine } from './remote/remote-engine.js';
export type { Flavour, LocalEar, RemoteClock, RemoteOptions } from './remote/options.js';
export type { RemoteStats } from './remote/stats.js';
