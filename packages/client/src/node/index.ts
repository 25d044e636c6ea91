export * from '../shared.js';
export { Emitter } from '../core/emitter.js';
export { Session, type SessionEvents } from '../session.js';
export {
  encodePcm,
  parseWav,
  readAudio,
  readOggOpus,
  silence,
  type AudioClip,
  type EncodeOptions,
} from './audio-clip.js';
export { connect } from './connect.js';
export { parseIvf, readIvf, type VideoClip, type VideoClipFrame } from './ivf.js';
export { connectNode, NodeCall, type NodeConnectOptions } from './node-call.js';
export type { PlayOptions, Spoken } from './rtp-sender.js';
export { connectRtp, RtpCall, type ForwardedPacket, type RtpConnectOptions } from './rtp-call.js';
export { Camera, Microphone } from './sources.js';
