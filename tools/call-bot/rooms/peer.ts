import { RTCPeerConnection, RTCRtpCodecParameters, type RTCPeerConnectionConfig } from 'werift';

const FEEDBACK = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'goog-remb' }];
const LOOPBACK = /^(127\.|localhost$|\[?::1\]?$)/;

/** An SDP with its role. */
export interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** @returns where media come in from a server of this address: loopback where it is on this machine; null: everywhere */
export function hostsFor(url: string): readonly string[] | null {
  return LOOPBACK.test(new URL(url).hostname) ? ['127.0.0.1'] : null;
}

/**
 * A peer connection with a room's server, for what a room may bring.
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
export async function answerTo(peer: RTCPeerConnection, offer: Description): Promise<Description> {
  await peer.setRemoteDescription(offer);
  askNobody(peer);
  await peer.setLocalDescription(await peer.createAnswer());
  return { type: 'answer', sdp: peer.localDescription?.sdp ?? '' };
}

/** @returns an offer, with all candidates */
export async function offerOf(peer: RTCPeerConnection): Promise<Description> {
  askNobody(peer);
  await peer.setLocalDescription(await peer.createOffer());
  return { type: 'offer', sdp: peer.localDescription?.sdp ?? '' };
}

/** werift takes an empty list of ICE servers for its default, which is Google's STUN server. */
function askNobody(peer: RTCPeerConnection): void {
  for (const { iceTransport } of peer.dtlsTransports) delete iceTransport.connection.stunServer;
}
