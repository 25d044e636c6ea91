import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of every secret that the gateway makes: 256 bits, beyond guessing, which is why a fast hash of it is enough. */
const SECRET_BYTES = 32;
const ID_BYTES = 9;
const CLIENT_SECRET = /^ek_([\w-]{12})([\w-]{43})$/;

export interface NewClientSecret {
  /** `ek_…`: its id, by which it is found, then the secret itself. */
  readonly value: string;
  readonly id: string;
  readonly hash: Uint8Array;
}

export function newClientSecret(): NewClientSecret {
  const id = randomBytes(ID_BYTES).toString('base64url');
  const value = `ek_${id}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { value, id, hash: hashOf(value) };
}

/** @returns the id within an `ek_…` of ours, or null */
export function idOfClientSecret(value: string): string | null {
  return CLIENT_SECRET.exec(value)?.[1] ?? null;
}

/** SHA-256, 32 bytes. */
export function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** In constant time. */
export function hashesMatch(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
