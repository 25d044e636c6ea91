import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { damage, pack } from './bytes.js';
import type { Random } from './random.js';

/** What ICE has agreed on; strangers guess it. */
export interface IceSecrets {
  /** Of the gateway. */
  readonly ufrag: string;
  readonly pwd: string;
  /** Of the client. */
  readonly clientUfrag: string;
}

const COOKIE = 0x2112_a442;
const USERNAME = 0x0006;
const INTEGRITY = 0x0008;
const FINGERPRINT = 0x8028;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const CONTROLLED = 0x8029;
const CONTROLLING = 0x802a;
const TYPES = { request: 0x0001, indication: 0x0011, success: 0x0101, error: 0x0111 };

/**
 * One STUN message: a check that is right, one that is wrong somewhere, or junk that looks like STUN.
 * @param nominating how probable it is that a check nominates its pair
 */
export function stunMessage(random: Random, secrets: IceSecrets, nominating = 0.1): Buffer {
  const type = TYPES[random.weighted({ request: 8, indication: 1, success: 1, error: 1 })];
  const pwd = random.chance(0.75) ? secrets.pwd : random.pick(['', 'wrong', secrets.ufrag]);
  const attributes = [attribute(USERNAME, Buffer.from(username(random, secrets)))];
  if (random.chance(0.8)) attributes.push(attribute(PRIORITY, pack([random.u32(), 4])));
  // Role conflicts: the client is the controlling side, and now and then says it is not, or both.
  if (random.chance(0.8)) attributes.push(attribute(CONTROLLING, random.bytes(8)));
  if (random.chance(0.2)) attributes.push(attribute(CONTROLLED, random.bytes(8)));
  if (random.chance(nominating)) attributes.push(attribute(USE_CANDIDATE, Buffer.alloc(0)));
  if (random.chance(0.2)) attributes.push(attribute(random.int(0, 0xffff), random.bytes(random.int(0, 40))));
  if (random.chance(0.05))
    attributes.push(
      ...Array.from({ length: 60 }, () => attribute(random.int(0x8000, 0xffff), random.bytes(4))),
    );
  const message = sealed(type, random.bytes(12), attributes, pwd);
  return random.chance(0.35) ? damage(random, message) : message;
}

function username(random: Random, { ufrag, clientUfrag }: IceSecrets): string {
  if (random.chance(0.85)) return `${ufrag}:${clientUfrag}`;
  return random.pick([`${clientUfrag}:${ufrag}`, ufrag, ':', '', `${ufrag}:`, 'x'.repeat(600)]);
}

/** The message with integrity and fingerprint, as RFC 8489 has them. */
function sealed(type: number, id: Uint8Array, attributes: readonly Uint8Array[], pwd: string): Buffer {
  const withLength = (body: Uint8Array, further: number): Buffer =>
    Buffer.concat([pack([type, 2], [body.length + further, 2], [COOKIE, 4], id), body]);
  let body = Buffer.concat(attributes);
  const mac = createHmac('sha1', pwd).update(withLength(body, 24)).digest();
  body = Buffer.concat([body, attribute(INTEGRITY, mac)]);
  const crc = (crc32(withLength(body, 8)) ^ 0x5354_554e) >>> 0;
  return withLength(Buffer.concat([body, attribute(FINGERPRINT, pack([crc, 4]))]), 0);
}

function attribute(type: number, value: Uint8Array): Buffer {
  return pack([type, 2], [value.length, 2], value, Buffer.alloc((4 - (value.length % 4)) % 4));
}
