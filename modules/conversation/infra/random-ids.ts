import { randomBytes } from 'node:crypto';
import type { IdSource } from '#modules/contracts';

/** `item_…`: 96 random bits, so that ids are unique over all sessions. */
export class RandomIds implements IdSource {
  next(prefix: string): string {
    return `${prefix}_${randomBytes(12).toString('hex')}`;
  }
}
