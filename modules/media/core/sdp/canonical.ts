import type { CallPlan } from './plan.js';
import type { RemoteTransport } from './transport.js';

/**
 * An offer of only what is taken, in one plain form, for a library to negotiate: whatever the client's own offer looks like, this is
 * all that the library has to read. Sections that are rejected or inactive are not in it.
 *
 * `a=end-of-candidates` is left out as well: the client's own checks make a pair whatever its offer says of candidates.
 */
export function canonicalOffer(plan: CallPlan): string {
  const sections = plan.offer.sections.flatMap((section, i): string[][] => {
    const verdict = plan.verdicts[i];
    if (verdict?.use === 'data') {
      const size = verdict.maxMessageBytes === null ? [] : [`a=max-message-size:${verdict.maxMessageBytes}`];
      return [['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', `a=sctp-port:${verdict.port}`, ...size]];
    }
    const isAudio = section === plan.audio;
    if (verdict?.use !== 'media' || (!isAudio && !verdict.flows)) return [];
    const types = verdict.payloads.map((payload) => payload.type);
    return [
      [
        `m=${section.kind} 9 UDP/TLS/RTP/SAVPF ${types.join(' ')}`,
        'a=sendonly',
        'a=rtcp-mux',
        ...verdict.payloads.map(({ type, codec }) => `a=rtpmap:${type} ${codec}/${CLOCK[codec]}`),
      ],
    ];
  });
  const mids = sections.map((_, i) => String(i));
  return [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    ...(plan.transport.iceLite ? ['a=ice-lite'] : []),
    `a=group:BUNDLE ${mids.join(' ')}`,
    ...sections.flatMap(([media = '', ...lines], i) => [
      media,
      'c=IN IP4 0.0.0.0',
      `a=mid:${i}`,
      ...lines,
      ...transportLines(plan.transport),
      // All sections share the first one's transport.
      ...(i === 0 ? plan.transport.candidates.map((candidate) => `a=candidate:${candidate}`) : []),
    ]),
    '',
  ].join('\r\n');
}

const CLOCK = { opus: '48000/2', vp8: '90000', h264: '90000', vp9: '90000', av1: '90000' } as const;

function transportLines(transport: RemoteTransport): string[] {
  return [
    `a=ice-ufrag:${transport.iceUfrag}`,
    `a=ice-pwd:${transport.icePwd}`,
    ...transport.fingerprints.map(({ hash, value }) => `a=fingerprint:${hash} ${value}`),
    `a=setup:${transport.setup}`,
  ];
}
