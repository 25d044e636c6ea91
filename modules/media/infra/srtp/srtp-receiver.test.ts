import { RtpHeader, SrtpSession } from 'werift';

import { readSrtpHeader } from '../../core/srtp-packet.js';
import { SrtpReceiver } from './srtp-receiver.js';

// Real: werift's SRTP writes what ours reads.
const GCM = 7;
const CM = 1;
const keys = {
  localMasterKey: Buffer.alloc(16, 0x11),
  localMasterSalt: Buffer.alloc(14, 0x22),
  remoteMasterKey: Buffer.alloc(16, 0x33),
  remoteMasterSalt: Buffer.alloc(14, 0x44),
};

function setUp(profile: typeof GCM | typeof CM) {
  const saltBytes = profile === GCM ? 12 : 14;
  const cut = {
    ...keys,
    localMasterSalt: keys.localMasterSalt.subarray(0, saltBytes),
    remoteMasterSalt: keys.remoteMasterSalt.subarray(0, saltBytes),
  };
  const sender = new SrtpSession({ keys: cut, profile });
  const { srtpSessionKey, srtpSessionSalt, srtpSessionAuthTag } = sender.localContext;
  const receiver = new SrtpReceiver({
    key: srtpSessionKey,
    salt: srtpSessionSalt,
    authKey: srtpSessionAuthTag,
    cipher: profile === GCM ? 'gcm' : 'cm',
  });
  const write = (sequenceNumber: number, payload: Uint8Array, more: Partial<RtpHeader> = {}) => {
    const header = new RtpHeader({
      sequenceNumber,
      timestamp: 4_000_000_000,
      ssrc: 3_000_000_000,
      payloadType: 96,
      ...more,
    });
    return sender.encrypt(Buffer.from(payload), header);
  };
  const open = (bytes: Buffer) => {
    const packet = readSrtpHeader(bytes);
    return packet && receiver.open(bytes, packet) ? Uint8Array.from(packet.payload) : null;
  };
  return { write, open };
}

describe.each([
  ['AEAD_AES_128_GCM', GCM],
  ['AES128_CM_HMAC_SHA1_80', CM],
] as const)('%s', (_name, profile) => {
  test('reads what werift writes, with an extension and without', () => {
    const { write, open } = setUp(profile);
    const extension = {
      extension: true,
      extensionProfile: 0xbede as const,
      extensions: [{ id: 1, payload: Buffer.from('0') }],
    };
    expect(open(write(1, Uint8Array.of(1, 2, 3)))).toEqual(Uint8Array.of(1, 2, 3));
    expect(open(write(2, Uint8Array.of(4), extension))).toEqual(Uint8Array.of(4));
    expect(open(write(3, new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  test('goes on across a wrap, also where packets come late', () => {
    const { write, open } = setUp(profile);
    const packets = [65_534, 65_535, 0, 1].map((n) => write(n, Uint8Array.of(n & 0xff)));
    const order = [0, 2, 1, 3].map((n) => packets[n] ?? Buffer.alloc(0));
    expect(order.map((bytes) => open(bytes)?.[0])).toEqual([0xfe, 0, 0xff, 1]);
  });

  test('goes on where a sender begins its numbers anew, however far off', () => {
    const { write, open } = setUp(profile);
    for (const n of [60_000, 60_001, 5000, 5001, 45_000, 45_001, 200])
      expect(open(write(n, Uint8Array.of(n & 0xff)))).toEqual(Uint8Array.of(n & 0xff));
  });

  test('refuses what was changed anywhere, and goes on with what is genuine', () => {
    const { write, open } = setUp(profile);
    const bytes = write(
      7,
      Uint8Array.from({ length: 40 }, (_, i) => i),
    );
    for (const at of [1, 2, 5, 9, 12, 30, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(open(changed)).toBeNull();
    }
    expect(open(bytes.subarray(0, 20))).toBeNull();
    expect(open(bytes)).toHaveLength(40);
  });

  test('takes padding off, and refuses more than there is', () => {
    const { write, open } = setUp(profile);
    const padded = { padding: true };
    expect(open(write(1, Uint8Array.of(9, 0, 0, 3), padded))).toEqual(Uint8Array.of(9));
    expect(open(write(2, Uint8Array.of(9, 5), padded))).toBeNull();
  });
});
