import type { Session, SessionPatch } from '@vis-a-vis/protocol';
import type { VisavisError } from '#modules/contracts';

/** What a request was granted, when the key that came with it was looked at. */
export interface Grant {
  /** Whose calls these are; null: a gateway without keys knows nobody. Goes to the engine, and owns the calls. */
  readonly tenant: string | null;
  /** What the client secret says of the session, under what the client itself asks for; null: it is no client secret. */
  readonly session: SessionPatch | null;
  /**
   * Counts a session of this holder, from the offer on.
   * @throws VisavisError `rate_limit_exceeded`, `insufficient_quota`
   */
  open(): Lease;
  /**
   * To be asked before a session changes, by the offer or by `session.update`.
   * @throws VisavisError `session_fixed` where the client secret fixes a field that changes
   */
  checkChange(before: Session, after: Session): void;
  /** @throws VisavisError `insufficient_permissions` where it may not make client secrets */
  mint(session: SessionPatch, options: MintOptions): MintedSecret;
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

/** A session that counts. */
export interface Lease {
  /**
   * The client is connected: its minutes run.
   * @param onOver called once at the most, when the session has to end: `insufficient_quota`, `invalid_api_key`, `expired_api_key`
   */
  started(onOver: (why: VisavisError) => void): void;
  /** The session is over, however it ended. Idempotent. */
  end(): void;
}
