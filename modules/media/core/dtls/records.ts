/** DTLS 1.2's record layer and handshake messages (RFC 6347), as far as they are told apart before they are believed. */

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

const RECORD_HEADER = 13;
const HANDSHAKE_HEADER = 12;
/** A certificate chain is the largest there is; 16 KiB is more than any that we want. */
const MAX_MESSAGE_BYTES = 16_384;
/** Messages that may be ahead of the one that is waited for. */
const MAX_AHEAD = 8;

export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  readonly sequence: number;
  /** The whole record, and what it carries. */
  readonly bytes: Uint8Array;
  readonly fragment: Uint8Array;
}

/** The records of a datagram, up to the first that is cut off or no DTLS. */
export function readRecords(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + RECORD_HEADER <= datagram.length;) {
    const end = at + RECORD_HEADER + view.getUint16(at + 11);
    if (end > datagram.length || view.getUint8(at + 1) !== 0xfe) break;
    records.push({
      type: view.getUint8(at),
      epoch: view.getUint16(at + 3),
      sequence: view.getUint16(at + 5) * 2 ** 32 + view.getUint32(at + 7),
      bytes: datagram.subarray(at, end),
      fragment: datagram.subarray(at + RECORD_HEADER, end),
    });
    at = end;
  }
  return records;
}

/** A handshake message, whole. */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  /** With its header, which tells of one fragment. */
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
}

interface Partial {
  readonly type: number;
  readonly body: Uint8Array;
  /** Which bytes are there. */
  readonly filled: Uint8Array;
  missing: number;
}

export interface Taken {
  /** Messages that are complete and next in order. */
  readonly next: readonly HandshakeMessage[];
  /** Types of messages that were taken before: the other side repeats a flight, because ours was lost. */
  readonly repeated: readonly { readonly type: number; readonly sequence: number }[];
}

/**
 * Puts handshake messages together from their fragments, and passes each on once and in order, whatever the network made of them:
 * the keys depend on the order. Bounded: what is too large or too far ahead is dropped, to be sent again.
 */
export class HandshakeOrder {
  readonly #parts = new Map<number, Partial>();
  #next = 0;

  /** The number of the message that is waited for. */
  get next(): number {
    return this.#next;
  }

  /** @param fragment of a handshake record: one or more messages or pieces of them */
  take(fragment: Uint8Array): Taken {
    const repeated: { type: number; sequence: number }[] = [];
    const view = new DataView(fragment.buffer, fragment.byteOffset, fragment.byteLength);
    for (let at = 0; at + HANDSHAKE_HEADER <= fragment.length;) {
      const type = view.getUint8(at);
      const length = uint24(view, at + 1);
      const sequence = view.getUint16(at + 4);
      const offset = uint24(view, at + 6);
      const size = uint24(view, at + 9);
      const body = fragment.subarray(at + HANDSHAKE_HEADER, at + HANDSHAKE_HEADER + size);
      if (body.length < size) break;
      at += HANDSHAKE_HEADER + size;
      if (sequence < this.#next) repeated.push({ type, sequence });
      else if (offset + size <= length && length <= MAX_MESSAGE_BYTES && sequence < this.#next + MAX_AHEAD)
        this.#add(sequence, { type, length, offset, body });
    }
    return { next: this.#complete(), repeated };
  }

  #add(
    sequence: number,
    { type, length, offset, body }: { type: number; length: number; offset: number; body: Uint8Array },
  ): void {
    let part = this.#parts.get(sequence);
    if (!part || part.type !== type || part.body.length !== length) {
      // Two different messages of one number: the newer is as likely to be right, and neither can be told from the other.
      part = { type, body: new Uint8Array(length), filled: new Uint8Array(length), missing: length };
      this.#parts.set(sequence, part);
    }
    part.body.set(body, offset);
    for (let i = offset; i < offset + body.length; i += 1) {
      if (part.filled[i] === 0) part.missing -= 1;
      part.filled[i] = 1;
    }
  }

  #complete(): HandshakeMessage[] {
    const messages: HandshakeMessage[] = [];
    for (let part = this.#parts.get(this.#next); part?.missing === 0; part = this.#parts.get(this.#next)) {
      this.#parts.delete(this.#next);
      messages.push({
        type: part.type,
        sequence: this.#next,
        bytes: whole(part, this.#next),
        body: part.body,
      });
      this.#next += 1;
    }
    return messages;
  }
}

/** A record in the clear around a handshake message. */
export function plainRecord(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER + message.length);
  bytes.set([CONTENT.handshake, 0xfe, 0xfd]);
  new DataView(bytes.buffer).setUint16(11, message.length);
  bytes.set(message, RECORD_HEADER);
  return bytes;
}

/** Which records have been seen (RFC 6347, 4.1.2.6): one that is sent again, by whomever, counts once. */
export class ReplayWindow {
  #highest = -1;
  #seen = 0n;

  /** To be asked before a record is believed, and told (`accept`) only once it was. */
  isNew(sequence: number): boolean {
    const behind = this.#highest - sequence;
    return behind < 0 || (behind < 64 && ((this.#seen >> BigInt(behind)) & 1n) === 0n);
  }

  accept(sequence: number): void {
    if (sequence > this.#highest) {
      const ahead = sequence - this.#highest;
      this.#seen = ahead < 64 ? BigInt.asUintN(64, this.#seen << BigInt(ahead)) | 1n : 1n;
      this.#highest = sequence;
    } else {
      this.#seen |= 1n << BigInt(this.#highest - sequence);
    }
  }
}

function whole({ type, body }: Partial, sequence: number): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_HEADER + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint8(1, body.length >> 16);
  view.setUint16(2, body.length & 0xffff);
  view.setUint16(4, sequence);
  view.setUint8(9, body.length >> 16);
  view.setUint16(10, body.length & 0xffff);
  bytes.set(body, HANDSHAKE_HEADER);
  return bytes;
}

function uint24(view: DataView, at: number): number {
  return view.getUint8(at) * 65_536 + view.getUint16(at + 1);
}
