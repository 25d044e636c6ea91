const FIXED_HEADER_BYTES = 12;
/** Of a header extension: its profile and its length in words. */
const EXTENSION_HEADER_BYTES = 4;
/** What werift 0.25.2 takes for RTCP (`isRtcp`): not all that RFC 5761 (4) sets aside. What it takes for RTP is read as RTP here. */
const RTCP_TYPES = { first: 192, last: 208 };
/** RTP is sent in packets of a network's size (1,200 to 1,500 bytes); larger ones only cost time to read. */
const MOST_BYTES = 4096;
/** There are 14 ids of the one-byte form, and nobody sends as many. */
const MOST_ELEMENTS = 64;
const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

/**
 * Whether the header of an SRTP or SRTCP packet ends within the packet, and is short. werift reads the header before it checks who sent
 * the packet: extensions to the length that the packet claims, and each by copying all those before it. 36 bytes that claim
 * 256 KB cost it many seconds, and so would 60 KB that hold 30,000 of them.
 * @param packet as it came, encrypted
 */
export function isSoundSrtp(packet: Uint8Array): boolean {
  if (packet.length < FIXED_HEADER_BYTES || packet.length > MOST_BYTES) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const type = view.getUint8(1);
  // RTCP on the same port (RFC 5761): its header has one fixed length.
  if (type >= RTCP_TYPES.first && type <= RTCP_TYPES.last) return true;
  const first = view.getUint8(0);
  const end = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return end <= packet.length;
  const from = end + EXTENSION_HEADER_BYTES;
  if (from > packet.length) return false;
  const to = from + 4 * view.getUint16(end + 2);
  return to <= packet.length && elements(view, view.getUint16(end), from, to) <= MOST_ELEMENTS;
}

/** Elements of a header extension (RFC 8285), as werift counts them; of another profile it is one. */
function elements(view: DataView, profile: number, from: number, to: number): number {
  if (profile !== ONE_BYTE_PROFILE && profile !== TWO_BYTE_PROFILE) return 1;
  let count = 0;
  for (let at = from; at < to; count += 1) {
    while (at < to && view.getUint8(at) === 0) at += 1;
    if (at >= to) break;
    const first = view.getUint8(at);
    if (profile === ONE_BYTE_PROFILE) at += 2 + (first & 0x0f);
    else at += 2 + (at + 1 < to ? view.getUint8(at + 1) : 0);
  }
  return count;
}
