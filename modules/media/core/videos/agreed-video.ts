import type { VideoSource } from '#modules/contracts';

import type { AgreedVideo } from '../ports.js';
import type { Payload } from '../sdp/codecs.js';
import { all, type Section } from '../sdp/description.js';

/** A simulcast has three, each with one for retransmissions. */
const MOST_SSRCS = 16;

export function agreedVideo(
  section: Section,
  source: VideoSource,
  payloads: readonly Payload[],
): AgreedVideo {
  return {
    source,
    mid: section.mid,
    ssrcs: declaredSsrcs(section),
    payloadTypes: payloads.map(({ type }) => type),
  };
}

/** `a=ssrc:1 cname:x` and `a=ssrc-group:FID 1 2` (RFC 5576). */
function declaredSsrcs({ attributes }: Section): number[] {
  const ssrcs = new Set<number>();
  const grouped = all(attributes, 'ssrc-group').flatMap(({ value }) => value.split(/\s+/).slice(1));
  const single = all(attributes, 'ssrc').map(({ value }) => value.split(/\s/, 1)[0] ?? '');
  for (const text of [...grouped, ...single]) {
    const ssrc = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (ssrc >= 0 && ssrc <= 0xffff_ffff && ssrcs.size < MOST_SSRCS) ssrcs.add(ssrc);
  }
  return [...ssrcs];
}
