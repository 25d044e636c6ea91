import { RTCPeerConnection, RTCRtpCodecParameters, type RTCPeerConnectionConfig } from 'werift';
import type { Jsep } from './messages.js';

const FEEDBACK = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'goog-remb' }];

/**
 * A peer connection that answers a Janus server's offers.
 * @param hosts addresses to receive at; null: all of this machine
 */
export function roomPeer(hosts: readonly string[] | null): RTCPeerConnection {
  const config: RTCPeerConnectionConfig = {
    codecs: {
      audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
      video: ['video/VP8', 'video/H264'].map(
        (mimeType) => new RTCRtpCodecParameters({ mimeType, clockRate: 90_000, rtcpFeedback: FEEDBACK }),
      ),
    },
    bundlePolicy: 'max-bundle',
    iceServers: [],
    ...(hosts && { iceUseIpv4: false, iceUseIpv6: false, iceAdditionalHostAddresses: [...hosts] }),
  };
  return new RTCPeerConnection(config);
}

/** @returns the answer, with all candidates */
export async function answerTo(peer: RTCPeerConnection, offer: Jsep): Promise<Jsep> {
  await peer.setRemoteDescription(offer);
  for (const { iceTransport } of peer.dtlsTransports) {
    // werift takes an empty list of ICE servers for its default, which is Google's STUN server.
    delete iceTransport.connection.stunServer;
  }
  await peer.setLocalDescription(await peer.createAnswer());
  return { type: 'answer', sdp: peer.localDescription?.sdp ?? '' };
}
