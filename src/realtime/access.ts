import type { IncomingMessage } from 'node:http';
import type { SessionPatch } from '@vis-a-vis/protocol';
import type { VisavisError } from '#modules/contracts';

/** A place that a caller holds from its offer or upgrade on. */
export interface Lease {
  /**
   * The client is connected: its minutes run.
   * @param onOver told once at most, when they are used up or the key is withdrawn: the call is to end by this error
   */
  started(onOver: (error: VisavisError) => void): void;
  /** The call is over, however. Idempotent. */
  end(): void;
}

/** What somebody may do. */
export interface Grant {
  /** Whose calls these are, and whose context is kept apart from that of others. */
  readonly tenant: string;
  /** What a client secret sets from the start; the client's own settings come after it. */
  readonly session: SessionPatch | null;
  /** @throws VisavisError where the client may not change one of these fields */
  checkPatch(patch: SessionPatch): void;
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

/** Everybody may do everything, under one name. */
export const ANYBODY: Grant = {
  tenant: 'anonymous',
  session: null,
  checkPatch: () => undefined,
  open: () => FREE,
};

/** A gateway without keys. */
export const openAccess: Access = { authorize: () => Promise.resolve(ANYBODY) };
