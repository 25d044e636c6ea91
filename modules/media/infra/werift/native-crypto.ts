import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';

import { p256 } from '@noble/curves/p256';
import nacl from 'tweetnacl';

/**
 * werift 0.25.2 makes its keys for the handshake in JavaScript (lib/dtls/src/cipher/namedCurve.ts, prf.ts, ec.ts): 2 ms of the main
 * thread for X25519, 4 ms for P-256 and 60 ms for the first. Node's own functions take their place in the two packages that it
 * calls, with the same results. test/contract/werift.test.ts fails where werift no longer calls them.
 */

/** The ASN.1 around 32 raw bytes of an X25519 key. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const X25519_BYTES = 32;

let done = false;

/** Idempotent; for the whole process. */
export function useNativeCurves(): void {
  if (done) return;
  done = true;
  Object.assign(nacl.box, { keyPair: Object.assign(x25519KeyPair, nacl.box.keyPair) });
  Object.assign(nacl, { scalarMult: Object.assign(x25519, nacl.scalarMult) });
  Object.assign(p256, { getPublicKey: p256PublicKey, getSharedSecret: p256SharedSecret });
}

/** Copies, because werift takes the whole buffer under an array. */
function x25519KeyPair(): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-X25519_BYTES)),
    secretKey: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-X25519_BYTES)),
  };
}

/** @throws Error for a public key that is none, or makes a secret that everybody knows */
function x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return Uint8Array.from(
    diffieHellman({
      privateKey: createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' }),
      publicKey: createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }),
    }),
  );
}

function p256PublicKey(secretKey: Uint8Array, compressed = true): Uint8Array {
  const key = createECDH('prime256v1');
  key.setPrivateKey(secretKey);
  return Uint8Array.from(key.getPublicKey(null, compressed ? 'compressed' : 'uncompressed'));
}

/** The shared point's x, behind a byte that stands for its y. */
function p256SharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = createECDH('prime256v1');
  key.setPrivateKey(secretKey);
  return Uint8Array.of(2, ...key.computeSecret(publicKey));
}
