import { VisavisError } from '#modules/contracts';
import type { Moment } from '../core/limits.js';
import { Proxies } from '../../http/proxies.js';
import { Access, type AccessOptions, type Asking } from '../access.js';
import { parseKeys, type KeySet } from '../keys-file.js';
import { hashOf } from '../token.js';

/** What a test says of a key: its entry in the file, without the hash. */
export interface KeyEntry {
  readonly id: string;
  readonly scopes?: readonly string[];
  readonly expires_at?: string;
  readonly limits?: Readonly<Record<string, number>>;
  readonly origins?: readonly string[];
}

/** The key that a test uses for an id. */
export const keyFor = (id: string): string => `vv_${id}_secret`;

/** @returns the text of a keys file */
export function keysText(entries: readonly KeyEntry[], jwt?: object): string {
  const keys = entries.map((entry) => ({
    ...entry,
    hash: `sha256:${Buffer.from(hashOf(keyFor(entry.id))).toString('hex')}`,
  }));
  return JSON.stringify({ keys, ...(jwt && { jwt }) });
}

export const keySet = (entries: readonly KeyEntry[], jwt?: object): KeySet =>
  parseKeys(keysText(entries, jwt));

/** A clock that a test moves (ms); its day begins at 0. */
export class HandClock {
  ms = 0;
  readonly now = (): Moment => ({ monoMs: this.ms, wallMs: Date.UTC(2026, 0, 1) + this.ms });
}

export function accessWith(some: Partial<AccessOptions> = {}): Access {
  return new Access({
    keys: null,
    verifyJwt: null,
    anonymous: 'local',
    origins: { listed: [], loopback: false, same: true },
    proxies: new Proxies(),
    now: new HandClock().now,
    ...some,
  });
}

/** A request as it comes from a client with a key. */
export function asking(
  key: string | null,
  headers: Record<string, string> = {},
  remoteAddress = '127.0.0.1',
): Asking {
  return {
    headers: { host: '127.0.0.1:8080', ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
    socket: { remoteAddress },
  } as Asking;
}

/** The code that the work is refused with; null: it is not. */
export async function refusalOf(work: unknown): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof VisavisError)) throw error;
    return error.code;
  }
}
