import type { IncomingMessage } from 'node:http';
import { WHO_ASKS } from './who-asks.js';

/** Of one connection alone (RFC 9110, 7.6.1), and what says how a body is cut, which each connection does for itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Name, value, name, value, as they came: `rawHeaders`. */
export type Raw = readonly string[];

/** Those that are passed on, in their order. @param more are not passed on either */
export function endToEnd({ rawHeaders, headers }: IncomingMessage, more: readonly string[] = []): string[] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return without(rawHeaders, new Set([...HOP_BY_HOP, ...named, ...more]));
}

/** Those of a request for an upgrade, which is about the connection itself. */
export function ofUpgrade({ rawHeaders }: IncomingMessage): string[] {
  return without(rawHeaders, new Set([WHO_ASKS]));
}

function without(raw: Raw, left: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (!left.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
