import { RTCPeerConnection, RTCRtpCodecParameters, type RTCDataChannel } from 'werift';
import { whenOpen, type Opening } from '../when-open.js';
import { tolerateRepeatedHello } from './dtls-guard.js';

const LOOPBACK = /^(127\.|localhost$|\[?::1\]?$)/;

/** Where a connection goes to, and from where. */
export interface PeerOptions {
  readonly url: string;
  readonly iceHosts?: readonly string[];
  readonly iceServers?: readonly { urls: string; username?: string; credential?: string }[];
}

/** A connection to a gateway, which sends Opus and this kind of video. */
export function openPeer(options: PeerOptions, video: 'vp8' | 'h264'): RTCPeerConnection {
  const local = options.iceHosts ?? (LOOPBACK.test(hostOf(options.url)) ? ['127.0.0.1'] : null);
  return new RTCPeerConnection({
    codecs: {
      audio: [
        new RTCRtpCodecParameters({
          mimeType: 'audio/opus',
          clockRate: 48_000,
          channels: 2,
          payloadType: 111,
        }),
      ],
      video: [videoCodec(video)],
    },
    // One socket for all: werift never closes those of the media sections that the answer then bundles.
    bundlePolicy: 'max-bundle',
    iceServers: [...(options.iceServers ?? [])],
    maxMessageSize: 256 * 1024,
    ...(local && { iceUseIpv4: false, iceUseIpv6: false, iceAdditionalHostAddresses: [...local] }),
  });
}

/** What its transports, which its tracks and channels have made, need before an offer is. */
export function prepareTransports(peer: RTCPeerConnection, { iceServers }: PeerOptions): void {
  for (const transport of peer.dtlsTransports) {
    tolerateRepeatedHello(transport);
    // werift takes an empty list of ICE servers for its default, which is Google's STUN server.
    if (!iceServers?.length) delete transport.iceTransport.connection.stunServer;
  }
}

/** Resolves when the channel is open. @param begin is given what gives up */
export function whenChannelOpens(
  peer: RTCPeerConnection,
  channel: RTCDataChannel,
  timeoutMs = 15_000,
  begin: (opening: Opening) => void = () => undefined,
): Promise<void> {
  return whenOpen(timeoutMs, (opening) => {
    begin(opening);
    channel.stateChanged.subscribe((state) => {
      if (state === 'open') opening.opened();
    });
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed') opening.failed();
    });
  });
}

/**
 * Keeps a channel's messages from the first on, which may come with its opening.
 * @returns hands them on, with all that follow, once the caller has had the time to subscribe to the call's events
 */
export function keepMessages(channel: RTCDataChannel): (hear: (text: string) => void) => void {
  const early: string[] = [];
  const listening = channel.onMessage.subscribe((data) => early.push(data.toString()));
  return (hear) => {
    setImmediate(() => {
      listening.unSubscribe();
      early.forEach(hear);
      channel.onMessage.subscribe((data) => hear(data.toString()));
    });
  };
}

function videoCodec(codec: 'vp8' | 'h264'): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({
    mimeType: codec === 'vp8' ? 'video/VP8' : 'video/H264',
    clockRate: 90_000,
    payloadType: 96,
    rtcpFeedback: [{ type: 'nack', parameter: 'pli' }, { type: 'goog-remb' }],
    ...(codec === 'h264' && {
      parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    }),
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
