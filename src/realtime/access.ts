import type { IncomingMessage } from 'node:http';
import type { Session, SessionPatch } from '@vis-a-vis/protocol';
import type { VisavisError } from '#modules/contracts';

/** A place that a caller holds from its offer or upgrade on. */
export interface Lease {
  /**
   * The client is connected: its minutes run.
   * @param onOver told once at most, when they are used up or the key is withdrawn: the call is to end by this error.
   *   That may be at once
   */
  started(onOver: (error: VisavisError) => void): void;
  /** The call is over, however. Idempotent. */
  end(): void;
}

/** What somebody may do. */
export interface Grant {
  /** Whose calls these are, and whose context is kept apart from that of others; null: nobody is told from anybody else. */
  readonly tenant: string | null;
  /** What a client secret sets from the start; the client's own settings come after it. */
  readonly session: SessionPatch | null;
  /**
   * To be asked before a session changes, by what opens it or later.
   * @throws VisavisError `session_fixed` where a field changes that may not
   */
  checkChange(before: Session, after: Session): void;
  /** Takes a place for a call. @throws VisavisError where the caller has none left */
  open(): Lease;
}

/** Who asks. */
export interface Access {
  /** @throws VisavisError for whom nothing is granted */
  authorize(request: IncomingMessage): Promise<Grant>;
}

/** Injection token of an `Access`. */
export const ACCESS = Symbol('ACCESS');

const FREE: Lease = { started: () => undefined, end: () => undefined };

/** Everybody may do everything. */
export const ANYBODY: Grant = {
  tenant: null,
  session: null,
  checkChange: () => undefined,
  open: () => FREE,
};

/** A gateway without keys. */
export const openAccess: Access = { authorize: () => Promise.resolve(ANYBODY) };
