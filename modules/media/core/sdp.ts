import { VisavisError } from '#modules/contracts';

import type { VideoCodec } from './ports.js';

/** One `m=` section of a session description, as far as we negotiate it. */
export interface MediaSection {
  readonly kind: string;
  /** 0: rejected. */
  readonly port: number;
  readonly mid: string | null;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Codec names (lower case) by payload type. */
  readonly codecs: ReadonlyMap<number, string>;
}

const MAX_SDP_BYTES = 100_000;
const MAX_SECTIONS = 16;
const KINDS = new Set(['audio', 'video', 'application']);

/**
 * Reads an offer and refuses what cannot become a call, before any socket is opened.
 * @throws VisavisError `bad_sdp`, `no_audio_in_offer`
 */
export function checkOffer(sdp: string): MediaSection[] {
  if (sdp.length > MAX_SDP_BYTES) throw bad(`the offer is larger than ${MAX_SDP_BYTES} bytes`);
  const lines = sdp.split(/\r\n|\r|\n/);
  if (lines[0]?.trim() !== 'v=0') throw bad('the offer does not begin with v=0');
  const sections = readSections(lines);
  if (sections.length === 0) throw bad('the offer has no media sections');
  if (sections.length > MAX_SECTIONS) throw bad(`the offer has more than ${MAX_SECTIONS} media sections`);
  const strange = sections.find((s) => !KINDS.has(s.kind));
  if (strange) throw bad(`m=${strange.kind} is not supported: audio, video and application are`);
  checkTransport(lines, sections);

  const audio = sections.find((s) => s.kind === 'audio' && s.port !== 0);
  if (!audio) throw new VisavisError('no_audio_in_offer', 'The offer needs an audio media section.', 'sdp');
  if (![...audio.codecs.values()].includes('opus')) throw bad('the audio section does not offer Opus');
  return sections;
}

function checkTransport(lines: readonly string[], sections: readonly MediaSection[]): void {
  const has = (prefix: string) => lines.some((line) => line.startsWith(prefix));
  if (!has('a=ice-ufrag:') || !has('a=ice-pwd:')) throw bad('the offer has no ICE credentials');
  if (!has('a=fingerprint:')) throw bad('the offer has no DTLS fingerprint');
  const live = sections.filter((s) => s.port !== 0);
  const mids = live.map((s) => s.mid);
  if (mids.includes(null)) throw bad('a media section has no a=mid');
  if (new Set(mids).size !== mids.length) throw bad('two media sections have the same a=mid');
  const bundle =
    lines
      .find((line) => line.startsWith('a=group:BUNDLE'))
      ?.split(' ')
      .slice(1) ?? [];
  // Without BUNDLE every section would need a transport, and so a port, of its own.
  const bundled = live.every((s) => s.mid !== null && bundle.includes(s.mid));
  if (live.length > 1 && !bundled) throw bad('all media sections must be in one BUNDLE group');
}

function readSections(lines: readonly string[]): MediaSection[] {
  const sections: MediaSection[] = [];
  let start = -1;
  for (let i = 0; i <= lines.length; i += 1) {
    if (i < lines.length && !lines[i]?.startsWith('m=')) continue;
    if (start >= 0) sections.push(readSection(lines.slice(start, i)));
    start = i;
  }
  return sections;
}

function readSection(lines: readonly string[]): MediaSection {
  const [kind, port] = (lines[0] ?? '').slice(2).split(' ');
  if (!kind || !port || !/^\d+(\/\d+)?$/.test(port))
    throw bad(`"${(lines[0] ?? '').slice(0, 80)}" is not a media line`);
  const codecs = new Map<number, string>();
  for (const line of lines) {
    const map = /^a=rtpmap:(\d+) ([^/\s]+)\//.exec(line);
    if (map) codecs.set(Number(map[1]), (map[2] ?? '').toLowerCase());
  }
  const direction = lines
    .map((l) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(l)?.[1])
    .find(Boolean);
  return {
    kind,
    port: Number.parseInt(port, 10),
    mid:
      lines
        .find((l) => l.startsWith('a=mid:'))
        ?.slice(6)
        .trim() ?? null,
    direction: (direction ?? 'sendrecv') as MediaSection['direction'],
    codecs,
  };
}

function bad(why: string): VisavisError {
  return new VisavisError('bad_sdp', `Malformed SDP offer: ${why}.`, 'sdp');
}

/** The payload types that an answer lets the client send. */
export function answeredPayloadTypes(answerSdp: string): Map<number, 'opus' | VideoCodec> {
  const types = new Map<number, 'opus' | VideoCodec>();
  for (const section of readSections(answerSdp.split(/\r\n|\n/))) {
    if (section.port === 0) continue;
    for (const [type, codec] of section.codecs) {
      if (codec === 'opus' || codec === 'vp8' || codec === 'h264') types.set(type, codec);
    }
  }
  return types;
}

export interface AnswerShape {
  /** Cap of the video (kbit/s), as b=AS and by REMB. */
  readonly videoKbps: number;
}

const FEEDBACK = /^a=rtcp-fb:\d+ (nack pli|ccm fir|goog-remb)\s*$/;

/**
 * Tells the client what to send, which no receiver API can: werift's answer repeats whatever feedback the client offered.
 * - transport-cc goes: werift's feedback for it starves Chromium's bandwidth estimate (30 to 126 kbit/s); REMB holds the rate.
 * - plain nack goes: only key frames matter here, and a lost one is asked for again.
 * - b=AS caps a stranger's client; Opus is asked for in-band FEC, mono, and no more than we hear (16 kHz).
 */
export function shapeAnswer(answerSdp: string, shape: AnswerShape): string {
  const out: string[] = [];
  let kind = '';
  let opus: string | null = null;
  for (const line of answerSdp.split(/\r\n|\n/)) {
    if (line.startsWith('m=')) {
      kind = line.slice(2).split(' ')[0] ?? '';
      opus = null;
    }
    opus = /^a=rtpmap:(\d+) opus\//i.exec(line)?.[1] ?? opus;
    if (line.startsWith('a=rtcp-fb:') && !FEEDBACK.test(line)) continue;
    if (line.startsWith('a=extmap:') && line.includes('transport-wide-cc')) continue;
    if (opus !== null && line.startsWith(`a=fmtp:${opus} `)) continue;
    out.push(line);
    if (kind === 'video' && line.startsWith('c=')) out.push(`b=AS:${shape.videoKbps}`);
    if (/^a=rtpmap:\d+ opus\//i.test(line)) {
      out.push(`a=fmtp:${opus} minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=16000`);
    }
  }
  return out.join('\r\n');
}
