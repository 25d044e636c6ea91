import type { RoomTrack } from '../room.js';

/** A media section of the server's offer by which it sends a track. */
export interface Section {
  readonly mid: string;
  readonly trackSid: string;
  readonly codec: RoomTrack['codec'];
  readonly ssrc: number;
}

const CODECS: Readonly<Record<string, RoomTrack['codec']>> = { opus: 'opus', vp8: 'vp8', h264: 'h264' };

/**
 * What an offer sends that the bot can take.
 * @param trackByMid what the server says beside its offer; else the section's own msid tells the track
 */
export function sectionsOf(sdp: string, trackByMid: Readonly<Record<string, string>>): Section[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .flatMap((text) => sectionOf(text, trackByMid) ?? []);
}

function sectionOf(text: string, trackByMid: Readonly<Record<string, string>>): Section | null {
  const [, payloadTypes = ''] = /^(?:audio|video) [1-9]\d* \S+ (.*)$/m.exec(text) ?? [];
  if (payloadTypes === '' || !/^a=(?:sendonly|sendrecv)\s*$/m.test(text)) return null;
  const mid = /^a=mid:(\S+)/m.exec(text)?.[1];
  const ssrc = /^a=ssrc:(\d+)/m.exec(text)?.[1];
  if (mid === undefined || ssrc === undefined) return null;
  const trackSid = trackByMid[mid] ?? /^a=msid:\S+ (\S+)/m.exec(text)?.[1];
  const codec = codecOf(text, payloadTypes.trim().split(/\s+/));
  return trackSid !== undefined && codec ? { mid, trackSid, codec, ssrc: Number(ssrc) } : null;
}

/** The first that we can take: sections are offered in what is published, and what goes along with it (RTX, RED). */
function codecOf(text: string, payloadTypes: readonly string[]): RoomTrack['codec'] | null {
  const maps = new Map(
    [...text.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)].map(([, type, name]) => [type, name]),
  );
  for (const type of payloadTypes) {
    const codec = CODECS[maps.get(type)?.toLowerCase() ?? ''];
    if (codec) return codec;
  }
  return null;
}
