import { randomBytes } from 'node:crypto';
import type { IdSource } from '#modules/contracts';

/** Ids that cannot be guessed, for a call's id is all it takes to hang it up. */
export const randomIds: IdSource = {
  next: (prefix) => `${prefix}_${randomBytes(12).toString('base64url')}`,
};
