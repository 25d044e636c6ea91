import { all, type Attributes, type Section } from '../sdp/description.js';

export const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** What a block of header extensions begins with (RFC 8285, 4.2 and 4.3). */
const ONE_BYTE = 0xbede;
const TWO_BYTE = 0x1000;
const FIXED_HEADER_BYTES = 12;

/** The header extension by which a section's packets tell their mid, as an offer has it. */
export interface MidExtension {
  readonly id: number;
  readonly direction: string | undefined;
}

/** @param session attributes of the description */
export function readMidExtension(session: Attributes, section: Section): MidExtension | null {
  for (const line of [...all(section.attributes, 'extmap'), ...all(session, 'extmap')]) {
    const [, id, direction, uri] = /^(\d{1,3})(?:\/(\S+))?\s+(\S+)/.exec(line.value) ?? [];
    if (uri !== MID_URI || Number(id) < 1 || Number(id) > 255) continue;
    // With a direction it is offered for that one only (RFC 8285, 7).
    if (direction === undefined || direction === 'sendrecv' || direction === 'sendonly')
      return { id: Number(id), direction };
  }
  return null;
}

/**
 * The mid that a packet tells (RFC 9143, 15). What is broken tells nothing.
 * @param packet as it came; its header ends within it
 * @param id of the extension, 1 to 255
 */
export function readMid(packet: Buffer, id: number): string | null {
  const first = packet[0] ?? 0;
  if ((first & 0x10) === 0) return null;
  const block = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  if (block + 4 > packet.length) return null;
  const form = packet.readUInt16BE(block);
  const end = Math.min(packet.length, block + 4 + 4 * packet.readUInt16BE(block + 2));
  if (form === ONE_BYTE) return readOneByte(packet, id, { at: block + 4, end });
  return (form & 0xfff0) === TWO_BYTE ? readTwoByte(packet, id, { at: block + 4, end }) : null;
}

interface Span {
  readonly at: number;
  readonly end: number;
}

function readOneByte(packet: Buffer, id: number, span: Span): string | null {
  for (let { at } = span; at < span.end;) {
    const head = packet[at] ?? 0;
    at += 1;
    if (head === 0) continue;
    const length = (head & 0x0f) + 1;
    // Behind these two nothing is to be read.
    if (head >> 4 === 0 || head >> 4 === 15) return null;
    if (head >> 4 === id) return textOf(packet, at, { length, end: span.end });
    at += length;
  }
  return null;
}

function readTwoByte(packet: Buffer, id: number, span: Span): string | null {
  for (let { at } = span; at < span.end;) {
    const own = packet[at] ?? 0;
    at += 1;
    if (own === 0) continue;
    const length = packet[at] ?? 0;
    at += 1;
    if (own === id) return textOf(packet, at, { length, end: span.end });
    at += length;
  }
  return null;
}

/** Some senders fill up with zeros. */
function textOf(packet: Buffer, at: number, { length, end }: { length: number; end: number }): string | null {
  if (at + length > end) return null;
  let last = at + length;
  while (last > at && packet[last - 1] === 0) last -= 1;
  return last > at ? packet.toString('utf8', at, last) : null;
}
