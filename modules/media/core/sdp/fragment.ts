import { VisavisError } from '#modules/contracts';

import type { LocalIce } from '../ports.js';
import { nameLine, readLines, type SdpLine } from './lines.js';
import { isCredential } from './transport.js';

/** What a client says of its ICE after its offer (`application/trickle-ice-sdpfrag`, RFC 8840). */
export interface IceFragment {
  /** The ICE session that it is about; null where it does not say. */
  readonly ufrag: string | null;
  readonly password: string | null;
  /** Values of `a=candidate`, unread. */
  readonly candidates: readonly string[];
  /** No further ones come. */
  readonly complete: boolean;
}

/** As much as a fragment may have: a client has a few dozen candidates. */
const MAX_CHARS = 64 * 1024;
/** More are not looked at (`MAX_CANDIDATES` of them are used). */
const MAX_LINES = 512;

/**
 * Reads a fragment. All sections share one transport, so it does not matter below which one a line stands.
 * @throws VisavisError `bad_sdp`
 */
export function readIceFragment(text: string): IceFragment {
  const lines = readLines(text.slice(0, MAX_CHARS)).slice(0, MAX_LINES);
  const strange = lines.find((line) => line.type === '');
  if (strange) throw refusal(`${nameLine(strange)}: this is no line of SDP`);
  const named = (name: string) => lines.filter((line) => line.name === name);
  const ufrag = credential(named('ice-ufrag'));
  const password = credential(named('ice-pwd'));
  const candidates = named('candidate').map((line) => line.value);
  const complete = named('end-of-candidates').length > 0;
  if (ufrag === null && candidates.length === 0 && !complete)
    throw refusal('it has neither a=ice-ufrag nor a=candidate');
  return { ufrag, password, candidates, complete };
}

/** What we say of our end. Every section's transport is that of the first one. */
export function writeIceFragment({ ufrag, password, candidates, kind, mid }: LocalIce): string {
  return [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `m=${kind} 9 RTP/AVP 0`,
    ...(mid === null ? [] : [`a=mid:${mid}`]),
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

/** It must be the same in all sections, for all are bundled. */
function credential(lines: readonly SdpLine[]): string | null {
  const [first, ...others] = lines;
  if (!first) return null;
  const broken = lines.find((line) => !isCredential(line.value));
  if (broken) throw refusal(`${nameLine(broken)}: this is no ICE credential (RFC 8839, 5.4)`);
  const other = others.find((line) => line.value !== first.value);
  if (other) throw refusal(`${nameLine(other)}: all sections share one ICE session`);
  return first.value;
}

function refusal(why: string): VisavisError {
  return new VisavisError('bad_sdp', `Unusable SDP fragment, ${why}.`, 'sdp');
}
