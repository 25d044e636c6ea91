import { createHash, createHmac, timingSafeEqual, verify, X509Certificate } from 'node:crypto';

/**
 * What werift 0.25.2 leaves out of the handshake (lib/dtls/src/flight: `certificate_verify` and `finished` are only logged, and
 * a server's key exchange is not checked): the proofs that the other side has the key of its certificate, and saw the same messages. Without
 * them, the fingerprint of the offer would say nothing about who is there.
 */

const HASHES = new Map([
  [4, 'sha256'],
  [5, 'sha384'],
  [6, 'sha512'],
]);
const RSA = 1;
const ECDSA = 3;

/** The first certificate (DER) of a Certificate message, or null. */
export function firstCertificate(body: Uint8Array): Buffer | null {
  const bytes = Buffer.from(body);
  if (bytes.length < 6) return null;
  const length = bytes.readUIntBE(3, 3);
  return length > 0 && bytes.length >= 6 + length ? bytes.subarray(6, 6 + length) : null;
}

/** @param signed a SignatureAndHashAlgorithm, and the signature with its length */
export function isSignedBy(certificate: Buffer, data: Buffer, signed: Uint8Array): boolean {
  const bytes = Buffer.from(signed);
  if (bytes.length < 4 || bytes.length !== 4 + bytes.readUInt16BE(2)) return false;
  const hash = HASHES.get(bytes[0] ?? 0);
  if (hash === undefined) return false;
  try {
    const { publicKey } = new X509Certificate(certificate);
    const kind = { [RSA]: 'rsa', [ECDSA]: 'ec' }[bytes[1] ?? 0];
    return kind === publicKey.asymmetricKeyType && verify(hash, data, publicKey, bytes.subarray(4));
  } catch {
    // A certificate or a signature that is none.
    return false;
  }
}

/** @param body of a ServerKeyExchange: curve, key, and the signature over them and both sides' random numbers */
export function isKeyExchangeSignedBy(certificate: Buffer, body: Uint8Array, randoms: Buffer): boolean {
  const length = 4 + (body[3] ?? 0);
  return isSignedBy(certificate, Buffer.concat([randoms, body.subarray(0, length)]), body.subarray(length));
}

/** @param transcript all handshake messages before it */
export function isFinished(
  body: Uint8Array,
  side: 'client' | 'server',
  { masterSecret, transcript }: { masterSecret: Buffer; transcript: Buffer },
): boolean {
  const hash = createHash('sha256').update(transcript).digest();
  const seed = Buffer.concat([Buffer.from(`${side} finished`), hash]);
  const hmac = (data: Buffer) => createHmac('sha256', masterSecret).update(data).digest();
  const expected = hmac(Buffer.concat([hmac(seed), seed])).subarray(0, 12);
  return body.length === expected.length && timingSafeEqual(body, expected);
}
