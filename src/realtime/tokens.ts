import { randomBytes } from 'node:crypto';
import type { Clock, IdSource } from '#modules/contracts';

export const CLOCK = Symbol('Clock');
export const IDS = Symbol('IdSource');

/** The process' own clock: monotonic, so no one's setting of the time moves a turn. */
export const monotonicClock: Clock = { nowMs: () => performance.now() };

/** Ids that cannot be guessed, for a call's id is all it takes to hang it up. */
export const randomIds: IdSource = {
  next: (prefix) => `${prefix}_${randomBytes(12).toString('base64url')}`,
};
