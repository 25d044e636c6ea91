import { VisavisError } from '#modules/contracts';
import { RTCPeerConnection, type RTCDtlsTransport } from 'werift';

import type { ResolvedMediaOptions } from '../../core/options.js';
import { checkOffer, shapeAnswer } from '../../core/sdp.js';
import { iceHosts, peerConfig } from './peer-config.js';

/** SRTP profiles by preference (RFC 7714, RFC 5764): AES-GCM costs half of AES-CM with its separate HMAC. */
const SRTP_PROFILES = [0x0007, 0x0001];

export interface Negotiated {
  readonly connection: RTCPeerConnection;
  /** All media and data share one transport (BUNDLE). */
  readonly transport: RTCDtlsTransport;
  readonly answerSdp: string;
  readonly trackKinds: readonly ('audio' | 'video')[];
}

/**
 * Answers an offer with all of our candidates in it, and starts connecting.
 * @param settings `ports`: UDP ports of this peer, or null for any
 * @param prepare called before the first packet can come
 * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity` (no UDP port is free); no socket is left open then
 */
export async function negotiate(
  offerSdp: string,
  settings: { options: ResolvedMediaOptions; ports: readonly [number, number] | null },
  prepare: (connection: RTCPeerConnection, transport: RTCDtlsTransport) => void,
): Promise<Negotiated> {
  const { options, ports } = settings;
  const offered = checkOffer(offerSdp);
  const connection = new RTCPeerConnection(peerConfig(options, iceHosts(options), ports));
  try {
    await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
    keepFirstOfEachKind(connection);
    const transport = prepareTransport(connection, /^a=setup:passive\s*$/m.test(offerSdp));
    prepare(connection, transport);
    await connection.setLocalDescription(await connection.createAnswer());
    const sdp = connection.localDescription?.sdp ?? '';
    if (!sdp.includes('a=candidate:')) {
      throw new VisavisError('capacity', 'No UDP port is free for another call.');
    }
    const trackKinds = offered.flatMap((s) => (s.port !== 0 && sends(s.direction) ? kindOf(s.kind) : []));
    return {
      connection,
      transport,
      answerSdp: shapeAnswer(sdp, { videoKbps: options.videoKbps }),
      trackKinds,
    };
  } catch (error) {
    await connection.close();
    if (error instanceof VisavisError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new VisavisError('bad_sdp', `The SDP offer cannot be answered: ${why}`, 'sdp', { cause: error });
  }
}

/** Further tracks (a screen, a second camera) are answered as inactive: what is not looked at need not be sent. */
function keepFirstOfEachKind(connection: RTCPeerConnection): void {
  const seen = new Set<string>();
  for (const transceiver of connection.getTransceivers()) {
    if (seen.has(transceiver.kind)) transceiver.setDirection('inactive');
    else if (!transceiver.pendingRejection) seen.add(transceiver.kind);
  }
}

function prepareTransport(connection: RTCPeerConnection, offererWaits: boolean): RTCDtlsTransport {
  const [transport, ...others] = connection.dtlsTransports;
  if (!transport || others.length > 0) throw new Error('the media sections do not share one transport');
  // As the DTLS server we choose the SRTP profile (Chromium as the server would take AES-CM), and need not wait 100 ms
  // before the handshake, as werift's client does.
  transport.role = offererWaits ? 'client' : 'server';
  // werift has no setting for its profiles; they are read when the handshake begins.
  Object.assign(transport, { srtpProfiles: SRTP_PROFILES });
  return transport;
}

function sends(direction: string): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function kindOf(kind: string): ('audio' | 'video')[] {
  return kind === 'audio' || kind === 'video' ? [kind] : [];
}
