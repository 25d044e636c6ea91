import { createHmac } from 'node:crypto';
import { dtlsDatagram, sealedRecord } from './dtls.js';
import { Random } from './random.js';
import { plain, rtcpCompound, rtpPacket, type RtpContext } from './rtp.js';
import { crc32c, dcepMessage, sctpPacket, sealed } from './sctp.js';
import { stunMessage } from './stun.js';

const many = <T>(count: number, make: (random: Random) => T): T[] => {
  const random = new Random(1);
  return Array.from({ length: count }, () => make(random));
};

describe('STUN', () => {
  const secrets = { ufrag: 'gate', pwd: 'p'.repeat(22), clientUfrag: 'clnt' };
  const messages = many(400, (random) => stunMessage(random, secrets));
  /** By RFC 8489: the HMAC of what is before it, with the length as if it were the last attribute. */
  const isGenuine = (message: Buffer): boolean => {
    const at = message.length - 8 - 24;
    if (at < 20 || message.readUInt16BE(at) !== 8 || message.readUInt16BE(2) !== message.length - 20)
      return false;
    const covered = Buffer.from(message.subarray(0, at));
    covered.writeUInt16BE(at - 20 + 24, 2);
    return createHmac('sha1', secrets.pwd)
      .update(covered)
      .digest()
      .equals(message.subarray(at + 4, at + 24));
  };

  it('has the right integrity in part', () => {
    const genuine = messages.filter(isGenuine).length;
    expect(genuine).toBeGreaterThan(100);
    expect(genuine).toBeLessThan(300);
  });
});

describe('DTLS', () => {
  it('sends what was sent before, and records of its own', () => {
    const before = Buffer.from('16fefd00', 'hex');
    const datagrams = many(300, (random) => dtlsDatagram(random, [before]));
    expect(datagrams.some((datagram) => datagram.equals(before))).toBe(true);
    const types = new Set(datagrams.map((datagram) => datagram[0]));
    for (const type of [20, 21, 22, 23]) expect(types).toContain(type);
  });

  it('records inside the encryption seldom end the call by right', () => {
    const types = many(500, sealedRecord).map(({ type }) => type);
    expect(types.filter((type) => type === 21).length).toBeLessThan(10);
    expect(new Set(types).size).toBeGreaterThan(4);
  });
});

describe('RTP and RTCP', () => {
  const context: RtpContext = {
    audio: { ssrc: 1, payloadType: 96 },
    video: { ssrc: 2, payloadType: 97 },
    opus: [Buffer.from([8, 1, 2])],
    vp8: [Buffer.from([0x90, 0x80, 0x80, 1, 0x10])],
    atMs: 1000,
  };

  it('packets can be sealed: the header ends where a receiver takes it to end, within the packet', () => {
    for (const { bytes, headerLength } of many(600, (random) => rtpPacket(random, context))) {
      expect(headerLength).toBeGreaterThanOrEqual(12);
      expect(headerLength).toBeLessThanOrEqual(bytes.length);
    }
  });

  it('a header with contributors and an extension is read to its end', () => {
    const header = Buffer.from('91600001000000000000000100000002bede000110ff0000', 'hex');
    expect(plain(header)).toMatchObject({ headerLength: 24, ssrc: 1, sequenceNumber: 1 });
  });

  it('compounds have a header, and hold every kind of report', () => {
    const compounds = many(400, (random) => rtcpCompound(random, context));
    expect(compounds.every(({ length }) => length >= 8)).toBe(true);
    for (const type of [200, 201, 202, 203, 204, 205, 206, 207]) {
      expect(compounds.some((compound) => compound[1] === type)).toBe(true);
    }
  });
});

describe('SCTP', () => {
  const context = { tag: 0x0102_0304, tsn: 100, received: 50, stream: 1 };

  it('has the checksum of RFC 9260', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  });

  it('packets are sealed rightly, mostly', () => {
    const packets = many(300, (random) => sctpPacket(random, context).bytes);
    const right = packets.filter((packet) => {
      const bare = Buffer.from(packet);
      bare.writeUInt32LE(0, 8);
      return crc32c(bare) === packet.readUInt32LE(8);
    });
    expect(right.length).toBeGreaterThan(270);
    expect(right.length).toBeLessThan(300);
    expect(sealed(1, Buffer.alloc(0)).length).toBe(12);
  });

  it('counts the TSNs that the gateway takes', () => {
    const consumed = new Set(many(300, (random) => sctpPacket(random, context).consumed));
    for (const count of [0, 1, 2]) expect(consumed).toContain(count);
    expect(Math.max(...consumed)).toBeLessThanOrEqual(4);
  });

  it('opens channels with lengths that do not fit, too', () => {
    const opens = many(300, dcepMessage).filter((message) => message[0] === 3 && message.length >= 12);
    const fits = opens.filter((m) => m.length === 12 + m.readUInt16BE(8) + m.readUInt16BE(10));
    expect(fits.length).toBeGreaterThan(opens.length / 2);
    expect(fits.length).toBeLessThan(opens.length);
  });
});
