import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { addressBytes, type Address } from '../../core/ice/address.js';

/** STUN (RFC 8489), as far as ICE and a query for one's own address need it. */

const COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;
const BINDING = 0x0001;
/** RFC 8489, 14.3. */
const MAX_NAME_BYTES = 509;
const CLASSES = ['request', 'indication', 'success', 'error'] as const;

export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

export interface StunMessage {
  readonly kind: (typeof CLASSES)[number];
  /** 24 hexadecimal digits. */
  readonly id: string;
  /** The first of each kind; what follows MESSAGE-INTEGRITY does not count. */
  readonly attributes: ReadonlyMap<number, Buffer>;
  /** What is protected by MESSAGE-INTEGRITY, with the length that it was computed over; null without one. */
  readonly signed: Buffer | null;
}

/** The first byte tells STUN from DTLS and RTP on one port (RFC 7983). */
export function looksLikeStun(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && (bytes[0] ?? 255) < 4 && bytes.readUInt32BE(4) === COOKIE;
}

/**
 * Whom a check is for, without reading the rest of it: one port's calls are told apart by this before anything is believed.
 * @returns the part of its user name that is ours, `''` where it has none; null for what is no request
 */
export function requestedName(bytes: Buffer): string | null {
  if (bytes.readUInt16BE(0) !== BINDING) return null;
  for (let at = HEADER_BYTES; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === ATTRIBUTE.username) {
      const value = bytes.toString('latin1', at + 4, Math.min(end, bytes.length, at + 4 + MAX_NAME_BYTES));
      return value.split(':', 1)[0] ?? '';
    }
    at = end + ((4 - (end % 4)) % 4);
  }
  return '';
}

/** The transaction of an answer: 24 hexadecimal digits. Null for what is none. */
export function transactionOf(bytes: Buffer): string | null {
  return (bytes.readUInt16BE(0) & 0x0100) === 0 ? null : bytes.toString('hex', 8, HEADER_BYTES);
}

/** @returns null for what is no well-formed Binding message, or has a wrong FINGERPRINT */
export function parseStun(bytes: Buffer): StunMessage | null {
  if (!looksLikeStun(bytes)) return null;
  const type = bytes.readUInt16BE(0);
  if ((type & 0x3eef) !== BINDING || bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES) return null;
  const kind = CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)] ?? 'request';
  const attributes = new Map<number, Buffer>();
  let signed: Buffer | null = null;
  for (let at = HEADER_BYTES; at < bytes.length;) {
    if (at + 4 > bytes.length) return null;
    const name = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) return null;
    const value = bytes.subarray(at + 4, end);
    if (name === ATTRIBUTE.fingerprint) {
      // It is the last one (RFC 8489, 14.7); each is a checksum over all that is before it.
      if (end !== bytes.length) return null;
      if (value.length !== 4 || value.readUInt32BE(0) !== fingerprintOf(bytes.subarray(0, at))) return null;
    } else if (signed === null && !attributes.has(name)) {
      attributes.set(name, value);
      if (name === ATTRIBUTE.messageIntegrity)
        signed = withLength(bytes.subarray(0, at), 4 + INTEGRITY_BYTES);
    }
    at = end + ((4 - (end % 4)) % 4);
  }
  return { kind, id: bytes.toString('hex', 8, HEADER_BYTES), attributes, signed };
}

/** Was it written by somebody who knows the password? */
export function isAuthentic(message: StunMessage, password: string): boolean {
  const value = message.attributes.get(ATTRIBUTE.messageIntegrity);
  if (!message.signed || value?.length !== INTEGRITY_BYTES) return false;
  return timingSafeEqual(value, integrityOf(message.signed, password));
}

export interface Writing {
  readonly kind: StunMessage['kind'];
  readonly id: string;
  readonly attributes: readonly (readonly [name: number, value: Buffer])[];
  /** Signs the message; without it, it goes out bare. */
  readonly password?: string;
}

export function writeStun({ kind, id, attributes, password }: Writing): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const index = CLASSES.indexOf(kind);
  header.writeUInt16BE(BINDING | ((index & 2) << 7) | ((index & 1) << 4), 0);
  header.writeUInt32BE(COOKIE, 4);
  header.write(id, 8, 'hex');
  let message = withLength(
    Buffer.concat([header, ...attributes.map(([name, value]) => write(name, value))]),
    0,
  );
  if (password === undefined) return message;
  const signed = withLength(message, 4 + INTEGRITY_BYTES);
  message = Buffer.concat([signed, write(ATTRIBUTE.messageIntegrity, integrityOf(signed, password))]);
  const sealed = withLength(message, 8);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE(fingerprintOf(sealed));
  return Buffer.concat([sealed, write(ATTRIBUTE.fingerprint, fingerprint)]);
}

/** XOR-MAPPED-ADDRESS of an address. */
export function xorAddress({ host, port }: Address, id: string): Buffer {
  const bytes = addressBytes(host) ?? [0, 0, 0, 0];
  const value = Buffer.from([0, bytes.length === 4 ? 1 : 2, 0, 0, ...bytes]);
  value.writeUInt16BE(port, 2);
  return xored(value, id);
}

/** The address in an answer, or null. Old servers send it as it is. */
export function mappedAddress(message: StunMessage): Address | null {
  const plain = message.attributes.get(ATTRIBUTE.mappedAddress);
  const hidden = message.attributes.get(ATTRIBUTE.xorMappedAddress);
  const value = hidden ? xored(hidden, message.id) : plain;
  if (!value || value.length !== (value[1] === 1 ? 8 : 20)) return null;
  const bytes = [...value.subarray(4)];
  const host =
    bytes.length === 4
      ? bytes.join('.')
      : Array.from({ length: 8 }, (_, i) => value.readUInt16BE(4 + 2 * i).toString(16)).join(':');
  return { host, port: value.readUInt16BE(2) };
}

function xored(value: Buffer, id: string): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(COOKIE);
  key.write(id, 4, 'hex');
  const port = value.map((byte, i) => (i === 2 || i === 3 ? byte ^ (key[i - 2] ?? 0) : byte));
  return Buffer.from(port.map((byte, i) => (i >= 4 ? byte ^ (key[i - 4] ?? 0) : byte)));
}

function write(name: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(name, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** The same bytes, the header's length telling of `more` bytes after them. */
function withLength(bytes: Buffer, more: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(bytes.length - HEADER_BYTES + more, 2);
  return copy;
}

function integrityOf(signed: Buffer, password: string): Buffer {
  return createHmac('sha1', password).update(signed).digest();
}

function fingerprintOf(bytes: Buffer): number {
  return (crc32(bytes) ^ FINGERPRINT_XOR) >>> 0;
}
