import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { VisavisError } from '#modules/contracts';

export interface JwtSettings {
  /** Where the provider's public keys are. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Signatures by a public key alone: with a shared secret, who can check a token could make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Difference of clocks that is borne (s). */
const CLOCK_TOLERANCE_S = 5;

/** @returns whether a key has the form of a signed token: three parts */
export function isJwt(key: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key);
}

/**
 * Checks tokens against the keys of their provider, which are fetched when first needed, kept, and fetched anew where a token
 * names one that is not among them.
 * @returns the token's subject
 * @throws VisavisError `expired_api_key`, `invalid_api_key`; `identity_unavailable` where the provider's keys cannot be had
 */
export function jwtVerifier({ jwksUrl, issuer, audience }: JwtSettings): (token: string) => Promise<string> {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        // A token for ever is a key that nobody can take back.
        requiredClaims: ['sub', 'exp'],
      });
      return payload.sub ?? '';
    } catch (error) {
      throw refusal(error);
    }
  };
}

/** jose's own message names claims and algorithms, never the token. */
function refusal(cause: unknown): VisavisError {
  if (cause instanceof errors.JWTExpired)
    return new VisavisError('expired_api_key', 'The token has expired.', null, { cause });
  const ofToken =
    cause instanceof errors.JWTClaimValidationFailed ||
    cause instanceof errors.JWTInvalid ||
    cause instanceof errors.JWSInvalid ||
    cause instanceof errors.JWSSignatureVerificationFailed ||
    cause instanceof errors.JOSEAlgNotAllowed ||
    cause instanceof errors.JOSENotSupported ||
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWKSMultipleMatchingKeys;
  if (ofToken) return new VisavisError('invalid_api_key', 'The token is not valid here.', null, { cause });
  return new VisavisError(
    'identity_unavailable',
    'The keys of the identity provider cannot be had now.',
    null,
    { cause },
  );
}
