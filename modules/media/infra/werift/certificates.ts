import {
  CipherContext,
  HashAlgorithm,
  NamedCurveAlgorithm,
  RTCCertificate,
  SignatureAlgorithm,
} from 'werift';

const DAY_MS = 86_400_000;

/**
 * The certificate that all calls of the process show, made once a day. It is ours to begin with: a client learns it from the answer, and
 * nothing of the client hangs on it. One a call would cost each of them a key and its parsing.
 */
export class Certificates {
  #latest: { readonly made: Promise<RTCCertificate>; readonly atMs: number } | null = null;

  get(nowMs: number): Promise<RTCCertificate> {
    if (this.#latest && nowMs - this.#latest.atMs < DAY_MS) return this.#latest.made;
    const made = make();
    this.#latest = { made, atMs: nowMs };
    // One that failed is made again for the next call.
    made.catch(() => (this.#latest = null));
    return made;
  }
}

async function make(): Promise<RTCCertificate> {
  const signature = { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 };
  const made = await CipherContext.createSelfSignedCertificateWithKey(
    signature,
    NamedCurveAlgorithm.secp256r1_23,
  );
  return new RTCCertificate(made.keyPem, made.certPem, made.signatureHash);
}
