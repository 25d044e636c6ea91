import { MID_URI, readMidExtension } from '../videos/mid-extension.js';
import type { Payload } from './codecs.js';
import type { Section } from './description.js';
import type { CallPlan, Verdict } from './plan.js';

/** Our end of the transport, as the library describes it: values of the attributes of the same names. */
export interface LocalTransport {
  /** The whole `o=` line. */
  readonly origin: string;
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprints: readonly string[];
  readonly setup: string;
  readonly candidates: readonly string[];
  readonly sctpPort: string;
  readonly maxMessageSize: string;
}

export interface AnswerShape {
  /** Cap of each video (kbit/s), as b=AS and b=TIAS, and by REMB. */
  readonly videoKbps: number;
  /** Frames a second that are of use: our SDK sends no more. Others' clients do not look at it. */
  readonly framerate: number;
  /** No audio packets are wanted in silence. */
  readonly dtx: boolean;
}

/** In-band FEC, mono, and no more than we hear (16 kHz). */
const OPUS_FORMAT = 'minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=16000';

/** Reads what `writeAnswer` needs of a description by the library. All its sections share one transport. */
export function readLocalTransport(sdp: string): LocalTransport {
  const lines = sdp.split(/\r\n|\n/);
  const values = (prefix: string) => [
    ...new Set(
      lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim()),
    ),
  ];
  const value = (prefix: string) => values(prefix)[0] ?? '';
  return {
    origin: value('o='),
    iceUfrag: value('a=ice-ufrag:'),
    icePwd: value('a=ice-pwd:'),
    fingerprints: values('a=fingerprint:'),
    setup: value('a=setup:'),
    candidates: values('a=candidate:'),
    sctpPort: value('a=sctp-port:'),
    maxMessageSize: value('a=max-message-size:'),
  };
}

/**
 * Answers section by section, in the number and order of the offer (RFC 3264, 6; RFC 8829, 5.3.1), and with nothing that the section did
 * not offer. It tells the client what to send, which no receiver API can.
 */
export function writeAnswer(plan: CallPlan, local: LocalTransport, shape: AnswerShape): string {
  const { offer, verdicts, bundle } = plan;
  return [
    'v=0',
    `o=${local.origin}`,
    's=-',
    't=0 0',
    ...(bundle ? [`a=group:BUNDLE ${bundle.join(' ')}`] : []),
    ...(offer.session.has('extmap-allow-mixed') ? ['a=extmap-allow-mixed'] : []),
    ...offer.sections.flatMap((section, i) => {
      const verdict = verdicts[i] ?? { use: 'none' };
      switch (verdict.use) {
        case 'none':
          return rejection(section);
        case 'data':
          return dataSection(section, verdict, local);
        case 'media':
          return mediaSection(plan, section, verdict, { local, shape });
      }
    }),
    '',
  ].join('\r\n');
}

function rejection(section: Section): string[] {
  return [
    // A line without formats is broken, and repeated so that it is not.
    mediaLine(section, 0, section.formats.length > 0 ? section.formats : ['0']),
    ANYWHERE,
    ...midLine(section),
    ...(section.kind === 'audio' || section.kind === 'video' ? ['a=inactive'] : []),
  ];
}

function dataSection(section: Section, verdict: Verdict & { use: 'data' }, local: LocalTransport): string[] {
  const old = verdict.form === 'sctpmap';
  return [
    mediaLine(section, 9, old ? [local.sctpPort] : ['webrtc-datachannel']),
    ANYWHERE,
    ...transportLines(local),
    ...midLine(section),
    old ? `a=sctpmap:${local.sctpPort} webrtc-datachannel 1024` : `a=sctp-port:${local.sctpPort}`,
    `a=max-message-size:${local.maxMessageSize}`,
  ];
}

function mediaSection(
  plan: CallPlan,
  section: Section,
  { payloads, flows }: Verdict & { use: 'media' },
  { local, shape }: { local: LocalTransport; shape: AnswerShape },
): string[] {
  return [
    mediaLine(
      section,
      9,
      payloads.map((payload) => String(payload.type)),
    ),
    ANYWHERE,
    // The older one is in kilobits, with all headers (RFC 8866, RFC 3890).
    ...(section.kind === 'video' && flows
      ? [`b=AS:${shape.videoKbps}`, `b=TIAS:${shape.videoKbps * 1000}`]
      : []),
    ...transportLines(local),
    ...midLine(section),
    ...extensionLines(plan, section),
    flows ? 'a=recvonly' : 'a=inactive',
    ...rtcpLines(section),
    ...(section.kind === 'video' && flows ? [`a=framerate:${shape.framerate}`] : []),
    ...payloads.flatMap((payload) => payloadLines(payload, shape)),
  ];
}

function mediaLine(section: Section, port: 0 | 9, formats: readonly string[]): string {
  return `m=${section.kind} ${port} ${section.protocol} ${formats.join(' ')}`;
}

/** The address is that of the candidates (RFC 8839, 4.2.1.2: this one is no mismatch with them). */
const ANYWHERE = 'c=IN IP4 0.0.0.0';

function transportLines(local: LocalTransport): string[] {
  return [
    ...local.candidates.map((candidate) => `a=candidate:${candidate}`),
    'a=end-of-candidates',
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    ...local.fingerprints.map((fingerprint) => `a=fingerprint:${fingerprint}`),
    `a=setup:${local.setup}`,
  ];
}

function midLine(section: Section): string[] {
  return section.mid === null ? [] : [`a=mid:${section.mid}`];
}

/**
 * The section's mid is all that packets need to tell beside what RTP says. No video-orientation: a sender that may not tell the rotation
 * turns the picture upright itself.
 */
function extensionLines(plan: CallPlan, section: Section): string[] {
  const extension = readMidExtension(plan.offer.session, section);
  if (!extension) return [];
  const { id, direction } = extension;
  // RFC 8285, 7: the answer turns a direction round.
  return [`a=extmap:${id}${direction === 'sendonly' ? '/recvonly' : ''} ${MID_URI}`];
}

function rtcpLines({ attributes }: Section): string[] {
  const muxed = attributes.has('rtcp-mux') || attributes.has('rtcp-mux-only');
  return [...(muxed ? ['a=rtcp-mux'] : []), ...(attributes.has('rtcp-rsize') ? ['a=rtcp-rsize'] : [])];
}

function payloadLines({ type, codec, encoding, format, feedback }: Payload, { dtx }: AnswerShape): string[] {
  const parameters = codec === 'opus' ? `${OPUS_FORMAT}${dtx ? ';usedtx=1' : ''}` : format;
  return [
    `a=rtpmap:${type} ${encoding}`,
    ...feedback.map((kind) => `a=rtcp-fb:${type} ${kind}`),
    ...(parameters === null ? [] : [`a=fmtp:${type} ${parameters}`]),
  ];
}
