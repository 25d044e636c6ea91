import type { RtpIn } from './rtp.js';

const FIXED_HEADER_BYTES = 12;
/** Of a header extension: its profile and its length in words. */
const EXTENSION_HEADER_BYTES = 4;
/** What werift 0.25.2 takes for RTCP (`isRtcp`): not all that RFC 5761 (4) sets aside. What it takes for RTP is read as RTP here. */
const RTCP_TYPES = { first: 192, last: 208 };
/** RTP is sent in packets of a network's size (1,200 to 1,500 bytes); larger ones only cost time to read. */
const MOST_BYTES = 4096;
const NOTHING = new Uint8Array(0);

/** An RTP packet from its header on; what it carries is there once it is decrypted. The one object that is made of a packet. */
export interface SrtpPacket extends RtpIn {
  payload: Uint8Array;
  mid: string | null;
  readonly headerBytes: number;
  /** The last byte of what it carries tells how many bytes are padding. */
  readonly padded: boolean;
}

/** RTP, and not RTCP on the same port, DTLS or STUN (RFC 7983, RFC 5761). */
export function isRtp(datagram: Uint8Array): boolean {
  const first = datagram[0] ?? 0;
  const type = datagram[1] ?? 0;
  return first >= 128 && first < 192 && !(type >= RTCP_TYPES.first && type <= RTCP_TYPES.last);
}

/** An SRTCP packet of a size that may be read: its header has one fixed length. */
export function isSoundSrtcp(packet: Uint8Array): boolean {
  return packet.length >= FIXED_HEADER_BYTES && packet.length <= MOST_BYTES;
}

/**
 * The header of an SRTP packet, which is in the clear. What its extensions say is not looked at: who wrote them is not known yet.
 * @param packet as it came, encrypted
 * @returns null where the header does not end within the packet, or the packet is larger than any network's
 */
export function readSrtpHeader(packet: Buffer): SrtpPacket | null {
  const { length } = packet;
  if (length < FIXED_HEADER_BYTES || length > MOST_BYTES) return null;
  const first = packet[0] ?? 0;
  const second = packet[1] ?? 0;
  let headerBytes = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (headerBytes + EXTENSION_HEADER_BYTES > length) return null;
    headerBytes += EXTENSION_HEADER_BYTES + 4 * packet.readUInt16BE(headerBytes + 2);
  }
  if (headerBytes > length) return null;
  return {
    ssrc: packet.readUInt32BE(8),
    payloadType: second & 0x7f,
    sequenceNumber: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    marker: (second & 0x80) !== 0,
    payload: NOTHING,
    mid: null,
    headerBytes,
    padded: (first & 0x20) !== 0,
  };
}

/** Takes padding off (RFC 3550, 5.1). @returns null where there is less than it claims */
export function withoutPadding(payload: Uint8Array): Uint8Array | null {
  const padding = payload[payload.length - 1] ?? 0;
  return padding === 0 || padding > payload.length ? null : payload.subarray(0, payload.length - padding);
}
