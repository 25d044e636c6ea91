import { createCipheriv, createHmac, createSecretKey, randomInt, type KeyObject } from 'node:crypto';

/** What werift's SRTP context has, and does not declare. */
export interface SrtpKeys {
  readonly srtpSessionKey: Buffer;
  readonly srtpSessionSalt: Buffer;
  readonly srtpSessionAuthTag: Buffer;
  /** 7: AEAD_AES_128_GCM (RFC 7714); 1: AES128_CM_HMAC_SHA1_80 (RFC 3711). */
  readonly profile: number;
}

export interface StreamIdentity {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Header extension of the section's mid, as browsers send it; null: it was not agreed upon. */
  readonly mid: { readonly id: number; readonly value: string } | null;
}

const FIXED_BYTES = 12;
const TAG_BYTES = { gcm: 16, cm: 10 };

/** Writes and encrypts the packets of one stream with little work: what is measured is who receives them. */
export class SrtpStream {
  sequenceNumber = randomInt(0x8000);
  readonly #key: KeyObject;
  readonly #authKey: KeyObject;
  readonly #salt: Buffer;
  readonly #isGcm: boolean;
  readonly #header: Buffer;
  #rollovers = 0;

  constructor({ ssrc, payloadType, mid }: StreamIdentity, keys: SrtpKeys) {
    this.#key = createSecretKey(keys.srtpSessionKey);
    this.#authKey = createSecretKey(keys.srtpSessionAuthTag);
    this.#salt = keys.srtpSessionSalt;
    this.#isGcm = keys.profile === 7;
    this.#header = Buffer.concat([Buffer.alloc(FIXED_BYTES), extension(mid)]);
    this.#header[0] = mid ? 0x90 : 0x80;
    this.#header[1] = payloadType;
    this.#header.writeUInt32BE(ssrc, 8);
  }

  packet(payload: Uint8Array, timestamp: number, marker: boolean): Buffer {
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
    if (this.sequenceNumber === 0) this.#rollovers += 1;
    const header = this.#header;
    header[1] = ((header[1] ?? 0) & 0x7f) | (marker ? 0x80 : 0);
    header.writeUInt16BE(this.sequenceNumber, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    return this.#isGcm ? this.#gcm(header, payload) : this.#cm(header, payload);
  }

  #gcm(header: Buffer, payload: Uint8Array): Buffer {
    const iv = Buffer.alloc(12);
    header.copy(iv, 2, 8, 12);
    iv.writeUInt32BE(this.#rollovers, 6);
    iv.writeUInt16BE(this.sequenceNumber, 10);
    for (let i = 0; i < iv.length; i += 1) iv[i] = (iv[i] ?? 0) ^ (this.#salt[i] ?? 0);
    const cipher = createCipheriv('aes-128-gcm', this.#key, iv, { authTagLength: TAG_BYTES.gcm });
    cipher.setAAD(header);
    const body = cipher.update(payload);
    cipher.final();
    return Buffer.concat([header, body, cipher.getAuthTag()]);
  }

  #cm(header: Buffer, payload: Uint8Array): Buffer {
    const iv = Buffer.alloc(16);
    this.#salt.copy(iv);
    for (let i = 0; i < 4; i += 1) iv[4 + i] = (iv[4 + i] ?? 0) ^ (header[8 + i] ?? 0);
    const index = Buffer.alloc(6);
    index.writeUInt32BE(this.#rollovers);
    index.writeUInt16BE(this.sequenceNumber, 4);
    for (let i = 0; i < 6; i += 1) iv[8 + i] = (iv[8 + i] ?? 0) ^ (index[i] ?? 0);
    const body = createCipheriv('aes-128-ctr', this.#key, iv).update(payload);
    const signed = Buffer.concat([header, body]);
    const mac = createHmac('sha1', this.#authKey).update(signed).update(index.subarray(0, 4)).digest();
    return Buffer.concat([signed, mac.subarray(0, TAG_BYTES.cm)]);
  }
}

/** One element of the one-byte form (RFC 8285), padded to whole words. */
function extension(mid: StreamIdentity['mid']): Buffer {
  if (!mid) return Buffer.alloc(0);
  const value = Buffer.from(mid.value);
  const words = Math.ceil((1 + value.length) / 4);
  const bytes = Buffer.alloc(4 + 4 * words);
  bytes.writeUInt16BE(0xbede, 0);
  bytes.writeUInt16BE(words, 2);
  bytes[4] = (mid.id << 4) | (value.length - 1);
  value.copy(bytes, 5);
  return bytes;
}
