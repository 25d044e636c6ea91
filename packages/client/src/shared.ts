/** What every entry of the package has, besides `connect`. */
export { Call, type SignalOption } from './call/call.js';
export type { LinkStats } from './call/edge.js';
export type { CallEvents, CallState, Delta, Speech, Transcript } from './call/events.js';
export type {
  CameraSource,
  ConnectOptions,
  Device,
  DrawableImage,
  IceServerOption,
  ImageSource,
  JsonSchema,
  MediaFeed,
  MediaTrack,
  MicrophoneSource,
  ReconnectOptions,
  SpeakOptions,
  ToolCall,
  ToolDefinition,
  Utterance,
  Voice,
  VoiceOptions,
} from './call/options.js';
export type { Quality, QualityLevel } from './core/quality.js';
export type { Heard } from './core/reader.js';
export type { Attempt, Way } from './core/recovery.js';
export type { ToolRun } from './core/tools.js';
export type { Answer, Turn, TurnKind } from './core/turns.js';
export { CallError, type CallErrorOptions } from './errors.js';
export { iceServersOf, type ApiKey, type GatewayAddress } from './exchange.js';
