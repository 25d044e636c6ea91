import { damage, pack } from './bytes.js';
import type { Random } from './random.js';

const VERSIONS = [0xfefd, 0xfefd, 0xfefd, 0xfeff, 0x0303, 0x0000, 0xffff];
const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23, heartbeat: 24 };
const MESSAGES = [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 255];

/** One datagram of DTLS in the clear: records of every type, handshake fragments that fit together or do not, what was sent before. */
export function dtlsDatagram(random: Random, sent: readonly Uint8Array[]): Buffer {
  const datagram = Buffer.concat(
    Array.from({ length: random.weighted({ 1: 6, 2: 2, 5: 1 }) === '1' ? 1 : random.int(2, 5) }, () =>
      anyRecord(random, sent),
    ),
  );
  return random.chance(0.25) ? damage(random, datagram) : datagram;
}

function anyRecord(random: Random, sent: readonly Uint8Array[]): Buffer {
  const what = random.weighted({ handshake: 5, alert: 1, spec: 1, data: 2, odd: 1, again: 3 });
  if (what === 'again' && sent.length > 0) return Buffer.from(random.pick(sent));
  switch (what) {
    case 'alert':
      return record(
        random,
        CONTENT.alert,
        pack([random.pick([0, 1, 2, 3]), 1], [random.pick([0, 10, 20, 40, 50, 80, 90, 255]), 1]),
      );
    case 'spec':
      return record(random, CONTENT.changeCipherSpec, Buffer.from([random.int(0, 2)]));
    case 'data':
      return record(random, CONTENT.data, random.bytes(random.pick([0, 1, 7, 8, 24, 100, 1200])));
    case 'odd':
      return record(
        random,
        random.pick([CONTENT.heartbeat, 25, 26, 32, 63]),
        random.bytes(random.int(0, 40)),
      );
    default:
      return record(random, CONTENT.handshake, handshake(random));
  }
}

/** @param epoch 0 in the clear; 1 pretends to be encrypted */
function record(random: Random, type: number, body: Uint8Array): Buffer {
  const length = random.chance(0.9) ? body.length : random.pick([0, 1, body.length + 1, 0x4000, 0xffff]);
  const epoch = random.pick([0, 0, 0, 1, 1, 2, 0xffff]);
  const sequence = random.chance(0.8) ? random.int(0, 40) : random.u32();
  return pack(
    [type, 1],
    [random.pick(VERSIONS), 2],
    [epoch, 2],
    [random.chance(0.95) ? 0 : 0xffff, 2],
    [sequence, 4],
    [length, 2],
    body,
  );
}

/** The fragment of a handshake message: whole, a piece, or one whose lengths contradict each other. */
export function handshake(random: Random): Buffer {
  const type = random.pick(MESSAGES);
  const body =
    type === 1 && random.chance(0.7)
      ? clientHello(random)
      : random.bytes(random.pick([0, 1, 2, 12, 32, 65, 200, 1000]));
  const from = random.chance(0.7) ? 0 : random.int(0, body.length);
  const piece = body.subarray(from, from + random.int(0, body.length));
  const fragment = random.chance(0.5) ? body : piece;
  const offset = fragment === body ? 0 : from;
  const lie = (value: number): number =>
    random.chance(0.9) ? value : random.pick([0, 1, value + 1, 0xffff, 0xff_ffff]);
  return pack(
    [type, 1],
    [lie(body.length), 3],
    [random.int(0, 8), 2],
    [lie(offset), 3],
    [lie(fragment.length), 3],
    fragment,
  );
}

export function clientHello(random: Random): Buffer {
  const session = random.bytes(random.pick([0, 0, 0, 32, 255]));
  const cookie = random.bytes(random.pick([0, 0, 20, 32, 255]));
  const suites = random.pick([
    Buffer.from('c02bc02f', 'hex'),
    Buffer.from('c02b', 'hex'),
    Buffer.from('0000', 'hex'),
    Buffer.alloc(0),
    random.bytes(300),
  ]);
  const extensions = Buffer.concat(Array.from({ length: random.int(0, 8) }, () => extension(random)));
  const length = random.chance(0.9) ? extensions.length : random.pick([0, 1, 0xffff]);
  return pack(
    [random.pick(VERSIONS), 2],
    random.bytes(32),
    [session.length, 1],
    session,
    [cookie.length, 1],
    cookie,
    [suites.length, 2],
    suites,
    [1, 1],
    [0, 1],
    [length, 2],
    extensions,
  );
}

/** Groups, signatures, SRTP profiles and the rest, with what should be in them or not. */
function extension(random: Random): Buffer {
  const type = random.pick([10, 11, 13, 14, 16, 23, 35, 43, 51, 0xff01, random.int(0, 0xffff)]);
  const value = random.pick([
    Buffer.from('0004001d0017', 'hex'),
    Buffer.from('00020007', 'hex'),
    Buffer.from('000400010007', 'hex'),
    Buffer.alloc(0),
    Buffer.from('ffff', 'hex'),
    random.bytes(random.int(1, 60)),
  ]);
  return pack([type, 2], [random.chance(0.95) ? value.length : 0xffff, 2], value);
}

/** What is sent inside records that are encrypted with the right keys. */
export function sealedRecord(random: Random): { type: number; body: Buffer } {
  switch (random.weighted({ handshake: 4, spec: 1, odd: 2, data: 3, alert: 0.05 })) {
    case 'handshake':
      return { type: CONTENT.handshake, body: handshake(random) };
    case 'spec':
      return { type: CONTENT.changeCipherSpec, body: Buffer.from([1]) };
    case 'odd':
      return { type: random.pick([CONTENT.heartbeat, 25, 26, 99]), body: random.bytes(random.int(0, 40)) };
    case 'data':
      // What is no SCTP packet at all.
      return { type: CONTENT.data, body: random.bytes(random.pick([0, 1, 4, 11, 12, 13, 16, 300])) };
    case 'alert':
      return {
        type: CONTENT.alert,
        body: pack([random.pick([1, 2]), 1], [random.pick([0, 40, 90, 200]), 1]),
      };
  }
}
