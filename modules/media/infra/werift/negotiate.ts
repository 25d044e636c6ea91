import { VisavisError } from '#modules/contracts';
import { RTCPeerConnection, type RTCCertificate, type RTCDtlsTransport } from 'werift';

import type { ResolvedMediaOptions } from '../../core/options.js';
import { readLocalTransport, type LocalTransport } from '../../core/sdp/answer.js';
import { canonicalOffer } from '../../core/sdp/canonical.js';
import { planOffer, type CallPlan } from '../../core/sdp/plan.js';
import type { SocketSource } from '../ice/sockets.js';
import { useOwnIce, type IceLink, type LinkHandlers } from './ice-link.js';
import { peerConfig } from './peer-config.js';

/** SRTP profiles by preference (RFC 7714, RFC 5764): AES-GCM costs half of AES-CM with its separate HMAC. */
const SRTP_PROFILES = [0x0007, 0x0001];

export interface Negotiated {
  readonly connection: RTCPeerConnection;
  /** All media and data share one transport (BUNDLE). */
  readonly transport: RTCDtlsTransport;
  readonly ice: IceLink;
  readonly plan: CallPlan;
  readonly local: LocalTransport;
}

/**
 * Opens the transport that an offer asks for, with all of our candidates, and starts connecting.
 * @param settings `sockets`: where its UDP sockets come from
 * @param prepare called before the first packet can come
 * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity` (no UDP port is free); no socket is left open then
 */
export async function negotiate(
  offerSdp: string,
  settings: {
    options: ResolvedMediaOptions;
    sockets: SocketSource;
    nowMs: () => number;
    certificate: RTCCertificate;
  } & LinkHandlers,
  prepare: (connection: RTCPeerConnection, transport: RTCDtlsTransport) => void,
): Promise<Negotiated> {
  const { options, sockets, nowMs, certificate } = settings;
  const plan = planOffer(offerSdp);
  const connection = new RTCPeerConnection(peerConfig(options));
  const ice = useOwnIce(connection, { sockets, nowMs, certificate }, settings);
  try {
    await connection.setRemoteDescription({ type: 'offer', sdp: canonicalOffer(plan) });
    const transport = prepareTransport(connection, plan.transport.setup === 'passive');
    prepare(connection, transport);
    await connection.setLocalDescription(await connection.createAnswer());
    const sdp = connection.localDescription?.sdp ?? '';
    if (!sdp.includes('a=candidate:')) {
      throw new VisavisError('capacity', 'No UDP port is free for another call.');
    }
    return { connection, transport, ice, plan, local: readLocalTransport(sdp) };
  } catch (error) {
    // What werift was given is our own writing: where it cannot be answered the fault is not the client's.
    await connection.close();
    throw error;
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
