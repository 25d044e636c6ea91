import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Proxies, type RequestOrigin } from '../http/proxies.js';

/** By which a parent tells a gateway who asks: its word, and what it found out. */
export const WHO_ASKS = 'x-visavis-who-asks';

/** @param word of the gateway, which nobody else knows */
export function whoAsks(word: string, origin: RequestOrigin): string {
  return `${word} ${Buffer.from(JSON.stringify(origin)).toString('base64url')}`;
}

/** Somebody else on this machine, who has found the port of a gateway: nothing is believed. */
const STRANGER: RequestOrigin = { address: '', host: null, prefix: null, passedOn: true };

/** Of a gateway behind a parent: who asks is what that one says, which has seen the connection and knows the proxies before it. */
export class ParentsWord extends Proxies {
  readonly #word: Buffer;

  constructor(word: string) {
    super();
    this.#word = Buffer.from(word);
  }

  override of({ headers }: Pick<IncomingMessage, 'headers' | 'socket'>): RequestOrigin {
    const [word = '', origin = ''] = String(headers[WHO_ASKS] ?? '').split(' ', 2);
    const said = Buffer.from(word);
    if (said.length !== this.#word.length || !timingSafeEqual(said, this.#word)) return STRANGER;
    return JSON.parse(Buffer.from(origin, 'base64url').toString()) as RequestOrigin;
  }
}
