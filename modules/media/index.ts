export type { DropReason } from './core/drops.js';
export type { MediaOptions } from './core/options.js';
export type {
  AgreedMedia,
  AgreedVideo,
  CloseReason,
  LocalIce,
  MediaHandlers,
  MediaPeer,
  MediaStats,
  Reception,
  ReceptionTap,
  SendResult,
  VideoCodec,
  VideoTrackDecoder,
} from './core/ports.js';
export type { RtpIn, SenderReport } from './core/rtp.js';
export { readIceFragment, writeIceFragment, type IceFragment } from './core/sdp/fragment.js';
export { checkPublication } from './core/sdp/publication.js';
export { checkNetwork, type NetworkFinding, type TurnAccount } from './check-network.js';
export { MediaModule } from './media.module.js';
export { MEDIA_CLOCK, MEDIA_OPTIONS, MediaService } from './media.service.js';
export type { MediaServiceStats } from './media.service.js';
