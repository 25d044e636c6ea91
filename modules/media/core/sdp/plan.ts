import { VisavisError, type VideoSource } from '#modules/contracts';

import type { AgreedVideo } from '../ports.js';
import { agreedVideo } from '../videos/agreed-video.js';
import { chooseVideos, type KnownSources } from '../videos/choose-videos.js';
import { readPayloads, type Payload } from './codecs.js';
import { all, first, readDescription, type Description, type Section } from './description.js';
import { badSdp, nameLine } from './lines.js';
import { readTransport, type RemoteTransport } from './transport.js';

/** What becomes of one section of an offer. */
export type Verdict =
  /** `flows`: its media is wanted. Else it is kept, and inactive. `source`: of a video that flows. */
  | {
      readonly use: 'media';
      readonly flows: boolean;
      readonly payloads: readonly Payload[];
      readonly source?: VideoSource;
    }
  /** `form`: how SCTP is described, as now (RFC 8841) or as it was before. `maxMessageBytes`: what the client takes, or null. */
  | {
      readonly use: 'data';
      readonly form: 'sctp-port' | 'sctpmap';
      readonly port: number;
      readonly maxMessageBytes: number | null;
    }
  | { readonly use: 'none' };

/** An offer with all that was decided about it. */
export interface CallPlan {
  readonly offer: Description;
  /** The section to listen to. */
  readonly audio: Section;
  /** One for each section of the offer. */
  readonly verdicts: readonly Verdict[];
  /** The `a=mid`s of the sections that are taken, in the order of their BUNDLE group; null where there is no group. */
  readonly bundle: readonly string[] | null;
  readonly transport: RemoteTransport;
}

/** RFC 8829, 5.1.2: which of these an offer says does not matter, the fingerprint tells that it is DTLS-SRTP. */
const RTP = /^((UDP|TCP)\/TLS\/|TCP\/DTLS\/)?RTP\/S?AVPF?$/i;
const SCTP = /^(UDP\/|TCP\/)?DTLS\/SCTP$/i;
const DEFAULT_SCTP_PORT = 5000;
const NONE: Verdict = { use: 'none' };
const ONE_TRANSPORT =
  'it is not in the BUNDLE group of the audio section, and all media and data of a call share one transport';

/**
 * Decides what an offer becomes, before any socket is opened. One audio section is needed; beside it at most two sections of video (the
 * camera and the screen) and one of data are used, where they are bundled with it. Further ones of audio and video are kept inactive, and
 * all others rejected.
 * @param known what its sections were taken for in the offers of the call before it
 * @throws VisavisError `bad_sdp`, `no_audio_in_offer`; the message names the line
 */
export function planOffer(sdp: string, known?: KnownSources): CallPlan {
  const offer = readDescription(sdp);
  const audio = chooseAudio(offer);
  const group = offer.bundles.find((mids) => audio.mid !== null && mids.has(audio.mid));
  const members = membersOf(offer, group, audio);
  const verdicts = judge(offer, new Set(members), { audio, known });
  const taken = (section: Section) => verdicts[offer.sections.indexOf(section)]?.use !== 'none';
  const kept = members.filter(taken);
  return {
    offer,
    audio,
    verdicts,
    bundle: group ? kept.flatMap((section) => section.mid ?? []) : null,
    // RFC 9143, 7.3.2: where the first section is rejected, the transport is that of the first which is not.
    transport: readTransport(offer.session, [...kept, ...members.filter((section) => !taken(section))]),
  };
}

/** Whether the client is to send this kind, in the order of the offer. */
export function flowingKinds(plan: CallPlan): ('audio' | 'video')[] {
  return plan.offer.sections.flatMap((section, i) => {
    const verdict = plan.verdicts[i];
    if (verdict?.use !== 'media' || !verdict.flows) return [];
    return [section.kind === 'audio' ? ('audio' as const) : ('video' as const)];
  });
}

/** The videos that the client may send, in the order of the offer. */
export function flowingVideos(plan: CallPlan): AgreedVideo[] {
  return plan.offer.sections.flatMap((section, i) => {
    const verdict = plan.verdicts[i];
    if (verdict?.use !== 'media' || !verdict.source) return [];
    return [agreedVideo(section, verdict.source, verdict.payloads)];
  });
}

function isOffered(offer: Description, { port, mid, attributes }: Section): boolean {
  // Bundle-only sections have port 0 for those who do not know of bundles (RFC 9143, 6).
  return port !== 0 || (attributes.has('bundle-only') && offer.bundles.some((mids) => mids.has(mid ?? '')));
}

/** The section to listen to: the first that sends Opus, else the first that could. */
function chooseAudio(offer: Description): Section {
  const all = offer.sections.filter((section) => section.kind === 'audio');
  const [first, ...others] = all.filter((section) => isOffered(offer, section));
  if (!first) {
    const line = (all[0] ?? offer.sections[0])?.line;
    const at = line
      ? ` (${all.length > 0 ? 'this one is switched off' : 'the first section'}: ${nameLine(line)})`
      : '';
    throw new VisavisError('no_audio_in_offer', `The offer needs an audio media section${at}.`, 'sdp');
  }
  const usable = [first, ...others].filter(
    (s) => RTP.test(s.protocol) && readPayloads(s, new Map()).length > 0,
  );
  const chosen = usable.find(sends) ?? usable[0];
  if (chosen) return chosen;
  if (!RTP.test(first.protocol)) throw badSdp(first.line, 'this is no protocol for audio over WebRTC');
  throw badSdp(first.line, 'the audio section does not offer Opus (a=rtpmap:… opus/48000/2)');
}

function sends(section: Section): boolean {
  return section.direction === 'sendrecv' || section.direction === 'sendonly';
}

/** The sections of a group in its order, or the audio section alone. A mid that is given twice is the first one's. */
function membersOf(offer: Description, group: ReadonlySet<string> | undefined, audio: Section): Section[] {
  if (!group) return [audio];
  const byMid = new Map<string, Section>();
  for (const section of offer.sections) {
    if (section.mid !== null && !byMid.has(section.mid)) byMid.set(section.mid, section);
  }
  byMid.set(audio.mid ?? '', audio);
  return [...group].flatMap((mid) => byMid.get(mid) ?? []);
}

function judge(
  offer: Description,
  bundled: ReadonlySet<Section>,
  { audio, known }: { audio: Section; known: KnownSources | undefined },
): Verdict[] {
  const taken = new Map<number, string>();
  const payloads = new Map<Section, Payload[]>();
  const read = (section: Section) => {
    const usable = bundled.has(section) && isOffered(offer, section) && RTP.test(section.protocol);
    const found = usable ? readPayloads(section, taken) : [];
    for (const payload of found) taken.set(payload.type, payload.codec);
    payloads.set(section, found);
    return found.length > 0;
  };
  // The sections that count come first, where payload types collide.
  read(audio);
  const videos = offer.sections.filter(
    (section) => section.kind === 'video' && sends(section) && read(section),
  );
  const sources = chooseVideos(videos, known);
  const data = offer.sections.find((section) => bundled.has(section) && isData(offer, section));
  const lost = offer.sections.find((section) => isData(offer, section));
  // Without it no answer reaches the client, which would wait for one: better it knows.
  if (lost && !data) throw badSdp(lost.line, ONE_TRANSPORT);

  return offer.sections.map((section): Verdict => {
    if (section === data) return readData(section);
    if (!payloads.has(section)) read(section);
    const found = payloads.get(section) ?? [];
    if (found.length === 0) return NONE;
    const source = sources.get(section);
    const flows = (section === audio || source !== undefined) && sends(section);
    return { use: 'media', flows, payloads: found, ...(source && { source }) };
  });
}

function isData(offer: Description, section: Section): boolean {
  return (
    section.kind === 'application' &&
    SCTP.test(section.protocol) &&
    isOffered(offer, section) &&
    readData(section).port !== 0
  );
}

/** Without a port it is 5000 (RFC 8841, 5.2); port 0 is an association that is closed. */
function readData(section: Section): Verdict & { use: 'data' } {
  const { attributes } = section;
  const old = !attributes.has('sctp-port') && /^\d{1,5}$/.test(section.formats[0] ?? '');
  const port = first(attributes, 'sctp-port')?.value ?? (old ? section.formats[0] : undefined) ?? '';
  const size = all(attributes, 'max-message-size').find((line) => /^\d{1,15}$/.test(line.value))?.value;
  return {
    use: 'data',
    form: old ? 'sctpmap' : 'sctp-port',
    port: /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? Number(port) : DEFAULT_SCTP_PORT,
    maxMessageBytes: size === undefined ? null : Number(size),
  };
}
