import { randomBytes } from 'node:crypto';
import type { IdSource } from '#modules/contracts';

/** Ids that cannot be guessed, for a call's id is all it takes to hang it up. Where gateways share an address, they tell whose they are. */
export class Ids implements IdSource {
  readonly #tag: string;

  /** @param tag of this gateway, before what is random (src/placement/core/tags.ts); `''`: there is one */
  constructor(tag = '') {
    this.#tag = tag;
  }

  readonly next = (prefix: string): string =>
    `${prefix}_${this.#tag}${randomBytes(12).toString('base64url')}`;

  /** Names a URL that is itself the right to read it. */
  urlToken(): string {
    return this.#tag + randomBytes(24).toString('base64url');
  }
}

/** Those of one gateway, or of what no later request names. */
export const randomIds: IdSource = new Ids();
