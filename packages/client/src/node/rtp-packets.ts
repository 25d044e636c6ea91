import { randomInt } from 'node:crypto';
import { RtpHeader, RtpPacket } from 'werift';

/** Payload bytes of a packet: with IP, UDP, SRTP and header extensions it stays under the MTU of 1200 of a browser. */
const MAX_PAYLOAD = 1100;

/** Numbers the packets of one stream. The connection fills in SSRC, payload type and header extensions. */
export class PacketStream {
  #sequenceNumber = randomInt(0x1_0000);
  readonly #base = randomInt(2 ** 32);

  /** @param ticks time on the stream's RTP clock, from any origin */
  packet(payload: Uint8Array, ticks: number, marker: boolean): RtpPacket {
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const header = new RtpHeader({
      sequenceNumber: this.#sequenceNumber,
      timestamp: (this.#base + Math.round(ticks)) % 2 ** 32,
      marker,
    });
    return new RtpPacket(header, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
  }
}

/** Splits a VP8 frame into RTP payloads (RFC 7741), each with a descriptor that carries a picture id. */
export function vp8Payloads(frame: Uint8Array, pictureId: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += MAX_PAYLOAD) {
    const part = frame.subarray(at, at + MAX_PAYLOAD);
    const payload = new Uint8Array(4 + part.length);
    payload.set([at === 0 ? 0x90 : 0x80, 0x80, 0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff]);
    payload.set(part, 4);
    payloads.push(payload);
  }
  return payloads;
}
