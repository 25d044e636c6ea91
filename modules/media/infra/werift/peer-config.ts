import { networkInterfaces } from 'node:os';

import { RTCRtpCodecParameters, type RTCPeerConnectionConfig } from 'werift';

import type { ResolvedMediaOptions } from '../../core/options.js';

const LOOPBACK = '127.0.0.1';

/** The machine's own addresses, loopback included. */
function localAddresses(): { address: string; internal: boolean }[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}

/** The addresses to offer: as set, or all but loopback; loopback where a machine has nothing else. */
export function iceHosts(options: ResolvedMediaOptions): readonly string[] {
  if (options.iceHosts && options.iceHosts.length > 0) return options.iceHosts;
  const own = localAddresses().filter((a) => !a.internal && !a.address.startsWith('fe80:'));
  return own.length > 0 ? own.map((a) => a.address) : [LOOPBACK];
}

export function peerConfig(options: ResolvedMediaOptions): RTCPeerConnectionConfig {
  return {
    // Only to be negotiable: what the client is told of formats, feedback and header extensions is in core/sdp.
    codecs: {
      audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
      video: [
        new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000 }),
        new RTCRtpCodecParameters({ mimeType: 'video/H264', clockRate: 90_000 }),
        new RTCRtpCodecParameters({ mimeType: 'video/VP9', clockRate: 90_000 }),
        new RTCRtpCodecParameters({ mimeType: 'video/AV1', clockRate: 90_000 }),
      ],
    },
    maxMessageSize: options.maxMessageBytes,
  };
}
