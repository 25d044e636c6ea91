import { VisavisError } from '#modules/contracts';

/** One line of a session description. */
export interface SdpLine {
  /** As an editor counts: from 1, blank lines included. */
  readonly number: number;
  /** Without blanks at either end. */
  readonly text: string;
  /** The letter before `=`, in lower case; empty where there is none. */
  readonly type: string;
  /** Of an attribute, its name in lower case; else empty. */
  readonly name: string;
  /** What comes after `=`, or after the colon of an attribute. */
  readonly value: string;
}

const QUOTED_CHARS = 80;

/**
 * The lines of a description, without the blank ones. Lines may end in CRLF, LF or CR, also mixed, and may have blanks around them:
 * they come from templates, text boxes and proxies as often as from a stack.
 */
export function readLines(sdp: string): SdpLine[] {
  const lines: SdpLine[] = [];
  let number = 0;
  for (const raw of sdp.split(/\r\n?|\n/)) {
    number += 1;
    // A byte order mark is a blank to `trim`.
    const text = raw.trim();
    if (text !== '') lines.push(readLine(text, number));
  }
  return lines;
}

function readLine(text: string, number: number): SdpLine {
  const equals = text.indexOf('=');
  const type = text.slice(0, Math.max(equals, 0)).trim().toLowerCase();
  if (type.length !== 1) return { number, text, type: '', name: '', value: '' };
  const value = text.slice(equals + 1).trim();
  if (type !== 'a') return { number, text, type, name: '', value };
  const colon = value.indexOf(':');
  const name = (colon < 0 ? value : value.slice(0, colon)).trim().toLowerCase();
  return { number, text, type, name, value: colon < 0 ? '' : value.slice(colon + 1).trim() };
}

/** Names after which a line holds, or may hold, what only the two ends should know. */
const SECRET = /(?:fingerprint|ufrag|pwd|passw|crypto|inline|identity|key|tls-id)[^:\s]*[:\s]|^k\s*=/i;
/** The same without its name: pieces of a fingerprint, and anything as long as an ICE password. */
const SECRET_PIECE = /(?:[0-9a-f]{2}:){3,}[0-9a-f]{0,2}|[a-z0-9+/]{20,}/gi;

/** How errors name a line: `line 7 "m=audio 9 …"`, cut, in one line, and without keys, passwords or fingerprints. */
export function nameLine(line: SdpLine): string {
  // Cut before it is searched: a line may be as long as the whole offer.
  const head = line.text.slice(0, 4 * QUOTED_CHARS);
  const secret = SECRET.exec(head);
  const shown = secret ? `${head.slice(0, secret.index + secret[0].length)}…` : head;
  const plain = shown.replaceAll(SECRET_PIECE, '…').replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
  const cut = plain.length > QUOTED_CHARS || head.length < line.text.length;
  return `line ${line.number} "${plain.slice(0, QUOTED_CHARS)}${cut ? '…' : ''}"`;
}

/** An offer that cannot become a call, because of this line. */
export function badSdp(line: SdpLine, why: string): VisavisError {
  return new VisavisError('bad_sdp', `Unusable SDP offer, ${nameLine(line)}: ${why}.`, 'sdp');
}
