import { VisavisError } from '#modules/contracts';

import { all, type Section } from './description.js';
import { nameLine } from './lines.js';
import { planOffer } from './plan.js';

/**
 * Checks that an offer can be taken as a whole, as WHIP wants it (RFC 9725, 4.4): what is published in part only would mislead whoever
 * publishes. One MediaStream, at most one track of each kind, all in one bundle and with RTP and RTCP on one port.
 * @throws VisavisError `bad_sdp` (it cannot be read), `no_audio_in_offer`, `unacceptable_offer`; the message names the line
 */
export function checkPublication(offerSdp: string): void {
  const plan = planOffer(offerSdp);
  const { sections, bundles } = plan.offer;
  const streams = new Set<string>();
  const kinds = new Set<string>();
  for (const [i, section] of sections.entries()) {
    const { kind, mid, attributes } = section;
    if (sections.length > 1 && !(mid !== null && bundles[0]?.has(mid)))
      throw refusal(section, 'it is not in the BUNDLE group');
    if (kinds.has(kind)) throw refusal(section, `there is more than one section of ${kind}`);
    kinds.add(kind);
    for (const { value } of all(attributes, 'msid')) streams.add(value.split(/\s+/, 1)[0] ?? '');
    if (streams.size > 1) throw refusal(section, 'its track is of another MediaStream');
    const verdict = plan.verdicts[i];
    if (verdict?.use === 'data') continue;
    if (!attributes.has('rtcp-mux') && !attributes.has('rtcp-mux-only'))
      throw refusal(section, 'its RTCP has a port of its own (a=rtcp-mux is missing)');
    if (verdict?.use !== 'media') throw refusal(section, 'nothing of what it offers is understood here');
    if (!verdict.flows) throw refusal(section, `it sends nothing (a=${section.direction})`);
  }
}

function refusal(section: Section, why: string): VisavisError {
  const message = `The offer is taken as a whole or not at all, ${nameLine(section.line)}: ${why}.`;
  return new VisavisError('unacceptable_offer', message, 'sdp');
}
