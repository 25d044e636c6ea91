import type { SessionPatch } from '@vis-a-vis/protocol';
import type { Grant } from '../realtime/access.js';

/** What a request was granted, and that it may have client secrets made. */
export interface KeyGrant extends Grant {
  /**
   * @param session what a session opened with the secret starts from
   * @throws VisavisError `insufficient_permissions` where it is itself a client secret's; `rate_limit_exceeded`
   */
  mint(session: SessionPatch, options: MintOptions): Promise<MintedSecret>;
}

export interface MintOptions {
  readonly ttlS: number;
  /** The fields that the session names may not be changed by who uses the secret. */
  readonly fixed: boolean;
}

export interface MintedSecret {
  readonly value: string;
  /** Seconds since 1970. */
  readonly expiresAtS: number;
}
