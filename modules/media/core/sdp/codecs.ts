import type { VideoCodec } from '../ports.js';
import { all, type Section } from './description.js';

/** A payload type of an offer that we can receive. */
export interface Payload {
  readonly type: number;
  readonly codec: 'opus' | VideoCodec;
  /** As offered: `opus/48000/2`. */
  readonly encoding: string;
  /** Format parameters that an answer has to repeat, or null. */
  readonly format: string | null;
  /** The feedback that we may send and the client takes (values of `a=rtcp-fb` without the payload type). */
  readonly feedback: readonly string[];
}

const CLOCK_RATE: Readonly<Record<Payload['codec'], number>> = {
  opus: 48_000,
  vp8: 90_000,
  h264: 90_000,
  vp9: 90_000,
  av1: 90_000,
};

/**
 * By preference (VP8 needs no parameter sets to decode, and the others more time for it). Feedback that is not named here is not taken up:
 * - transport-cc: werift's starves Chromium's bandwidth estimate (30 to 126 kbit/s); REMB holds the rate.
 * - plain nack: only key frames matter here, and a lost one is asked for again.
 */
const WANTED = {
  audio: { codecs: ['opus'], feedback: [] },
  video: { codecs: ['vp8', 'h264', 'vp9', 'av1'], feedback: ['nack pli', 'ccm fir', 'goog-remb'] },
} as const;

/** `opus/48000/2`: name, clock rate and, of audio, channels. */
const ENCODING = /^([^\s/]+)\s*\/\s*(\d{1,9})(?:\s*\/\s*(\d{1,3}))?(?:\s|$)/;

/**
 * What of a section's formats can be received: one payload type a codec. Formats without an `a=rtpmap` (static ones too) are none of
 * ours, and neither is what is mapped but not on the `m=` line.
 * @param taken codecs by payload types of the sections before it: bundled sections may not give one number two meanings
 */
export function readPayloads(section: Section, taken: ReadonlyMap<number, string>): Payload[] {
  if (section.kind !== 'audio' && section.kind !== 'video') return [];
  const { codecs, feedback } = WANTED[section.kind];
  const wanted: readonly string[] = codecs;
  const mapped = readMaps(section);
  const parameters = readByType(section, 'fmtp', /.*/);
  const offered = new Set(
    all(section.attributes, 'rtcp-fb').map((line) => line.value.toLowerCase().replaceAll(/\s+/g, ' ')),
  );
  const usable = section.formats.flatMap((format): Payload[] => {
    const type = /^\d{1,3}$/.test(format) ? Number(format) : -1;
    const map = mapped.get(type);
    if (!map || !wanted.includes(map.codec) || (taken.get(type) ?? map.codec) !== map.codec) return [];
    const own = parameters.get(type)?.[0] ?? '';
    if (map.codec === 'h264' && packetizationMode(own) > 1) return [];
    if (!isMainProfile(map.codec, own)) return [];
    return [
      {
        type,
        ...map,
        format: formatOf(map.codec, own),
        feedback: feedback.filter((kind) => offered.has(`${type} ${kind}`) || offered.has(`* ${kind}`)),
      },
    ];
  });
  // Of several H264 formats one whose pictures may be larger than a packet, where there is one.
  const ranked = usable.toSorted(
    (a, b) => packetizationMode(b.format ?? '') - packetizationMode(a.format ?? ''),
  );
  return codecs.flatMap((codec) => ranked.find((payload) => payload.codec === codec) ?? []);
}

function readMaps(section: Section): Map<number, Pick<Payload, 'codec' | 'encoding'>> {
  const maps = new Map<number, Pick<Payload, 'codec' | 'encoding'>>();
  for (const [type, [, name = '', clock = '', channels]] of readByType(section, 'rtpmap', ENCODING)) {
    const codec = name.toLowerCase();
    if (!isKnown(codec)) continue;
    // Timestamps at another rate than the codec's own would be misread.
    if (Number(clock) !== CLOCK_RATE[codec]) continue;
    maps.set(type, {
      codec,
      encoding: [name, Number(clock), ...(channels ? [Number(channels)] : [])].join('/'),
    });
  }
  return maps;
}

/** What an attribute says of each payload type: the first of its lines that has the form counts. */
function readByType(section: Section, name: string, form: RegExp): Map<number, RegExpExecArray> {
  const byType = new Map<number, RegExpExecArray>();
  for (const line of all(section.attributes, name)) {
    const [, type, value] = /^(\d{1,3})\s+(.*)$/.exec(line.value) ?? [];
    if (type === undefined || Number(type) > 127 || byType.has(Number(type))) continue;
    const found = form.exec(value ?? '');
    if (found) byType.set(Number(type), found);
  }
  return byType;
}

function packetizationMode(parameters: string): number {
  return Number(/(?:^|[;\s])packetization-mode\s*=\s*(\d+)/i.exec(parameters)?.[1] ?? 0);
}

/** What tells one format of a codec from another (RFC 6184, 8.2.2 …); the rest of the offer's describes its sender, not us. */
const TOLD_APART_BY: Readonly<Record<Payload['codec'], readonly string[]>> = {
  opus: [],
  vp8: [],
  h264: ['level-asymmetry-allowed', 'packetization-mode', 'profile-level-id'],
  vp9: ['profile-id'],
  av1: ['level-idx', 'profile', 'tier'],
};

function isKnown(codec: string): codec is Payload['codec'] {
  return Object.hasOwn(CLOCK_RATE, codec);
}

/** The others are of more bits or colours than a camera has (RFC 9628, 7; RTP Payload Format for AV1, 7.2). */
function isMainProfile(codec: Payload['codec'], parameters: string): boolean {
  const name = codec === 'vp9' ? 'profile-id' : codec === 'av1' ? 'profile' : null;
  return name === null || Number(parameter(parameters, name, '\\d+') ?? 0) === 0;
}

function formatOf(codec: Payload['codec'], parameters: string): string | null {
  const names = TOLD_APART_BY[codec];
  const kept = names.flatMap((name) => {
    const value = parameter(parameters, name, '[0-9a-f]+');
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return kept.length > 0 ? kept.join(';') : null;
}

function parameter(parameters: string, name: string, form: string): string | undefined {
  return new RegExp(`(?:^|[;\\s])${name}\\s*=\\s*(${form})`, 'i').exec(parameters)?.[1];
}
