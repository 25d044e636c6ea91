import type { RTCCertificate } from 'werift';

import type { ResolvedMediaOptions } from '../../core/options.js';
import { PrivatePorts } from '../ice/private-ports.js';
import { negotiate } from './negotiate.js';

const TRANSPORT = `c=IN IP4 0.0.0.0
a=ice-ufrag:warm
a=ice-pwd:0123456789abcdef01234567
a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => '00').join(':')}
a=setup:actpass`;

/** What a browser offers, in little. */
const OFFER = `v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1 2
m=audio 9 UDP/TLS/RTP/SAVPF 111
${TRANSPORT}
a=mid:0
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96
${TRANSPORT}
a=mid:1
a=sendonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
${TRANSPORT}
a=mid:2
a=sctp-port:5000
`.replaceAll('\n', '\r\n');

/** Answers an offer of nobody's, so that the first client does not wait while what answers it is compiled. */
export async function warmUp(options: ResolvedMediaOptions, certificate: RTCCertificate): Promise<void> {
  const ignore = () => undefined;
  const settings = {
    options,
    sockets: new PrivatePorts(() => ['127.0.0.1'], null),
    nowMs: () => 0,
    certificate,
    guard: (work: () => void) => work(),
    onChecked: ignore,
    onUnreadable: ignore,
  };
  const { connection } = await negotiate(OFFER, settings, ignore);
  await connection.close();
}
