import { damage, pack } from './bytes.js';
import type { Random } from './random.js';

/** What the answer agreed on, and samples of what a client sends. */
export interface RtpContext {
  readonly audio: { readonly ssrc: number; readonly payloadType: number };
  readonly video: { readonly ssrc: number; readonly payloadType: number } | null;
  readonly opus: readonly Uint8Array[];
  /** Payloads of VP8 with their descriptors. */
  readonly vp8: readonly Uint8Array[];
  /** ms since the call began, for timestamps that go on. */
  readonly atMs: number;
}

/** One RTP packet before encryption: `bytes` from the header on; `headerLength` as a receiver reads it. */
export interface PlainRtp {
  readonly bytes: Buffer;
  readonly headerLength: number;
  readonly ssrc: number;
  readonly sequenceNumber: number;
}

export function rtpPacket(random: Random, context: RtpContext): PlainRtp {
  const { audio, video } = context;
  const stream = video && random.chance(0.6) ? video : audio;
  const rate = stream === audio ? 48 : 90;
  const sequenceNumber = random.chance(0.85) ? (context.atMs >> 3) & 0xffff : random.int(0, 0xffff);
  const timestamp = random.chance(0.85) ? context.atMs * rate : random.u32();
  const ssrc = random.weighted({ own: 12, other: 2, wild: 1 });
  const id =
    ssrc === 'own'
      ? stream.ssrc
      : ssrc === 'other'
        ? (video ?? audio).ssrc
        : random.pick([0, 1, 0xffff_ffff, random.u32()]);
  const type = random.chance(0.8)
    ? stream.payloadType
    : random.pick([0, 72, 76, 96, 97, 111, 127, random.int(0, 127)]);
  const csrcs = random.chance(0.9) ? 0 : random.int(1, 15);
  const extension = random.chance(0.3) ? headerExtension(random) : Buffer.alloc(0);
  const padded = random.chance(0.15);
  const payload = payloadOf(random, stream === audio, context);
  const bytes = Buffer.concat([
    pack(
      [0x80 | (padded ? 0x20 : 0) | (extension.length > 0 ? 0x10 : 0) | csrcs, 1],
      [(random.chance(0.5) ? 0x80 : 0) | type, 1],
      [sequenceNumber, 2],
      [timestamp, 4],
      [id, 4],
    ),
    random.bytes(4 * csrcs),
    extension,
    payload,
    padded ? padding(random, payload.length) : Buffer.alloc(0),
  ]);
  const damaged = random.chance(0.15)
    ? Buffer.concat([bytes.subarray(0, 2), damage(random, bytes.subarray(2))])
    : bytes;
  return plain(damaged.length < 12 ? Buffer.concat([damaged, Buffer.alloc(12 - damaged.length)]) : damaged);
}

/** Where a receiver takes the header to end. */
export function plain(bytes: Buffer): PlainRtp {
  const first = bytes[0] ?? 0;
  let headerLength = 12 + 4 * (first & 15);
  if (first & 0x10 && headerLength + 4 <= bytes.length)
    headerLength += 4 + 4 * bytes.readUInt16BE(headerLength + 2);
  return {
    bytes,
    headerLength: Math.min(headerLength, bytes.length),
    ssrc: bytes.readUInt32BE(8),
    sequenceNumber: bytes.readUInt16BE(2),
  };
}

function headerExtension(random: Random): Buffer {
  const profile = random.pick([0xbede, 0xbede, 0x1000, 0x100f, 0, 0xffff]);
  const words = random.pick([0, 1, 1, 2, 8]);
  const said = random.chance(0.95) ? words : random.pick([0, words + 1, 0xffff]);
  return pack([profile, 2], [said, 2], random.bytes(4 * words));
}

function padding(random: Random, payload: number): Buffer {
  const length = random.pick([1, 4, 255, 20]);
  const said = random.chance(0.8) ? length : random.pick([0, 1, 255, payload + length]);
  return Buffer.concat([Buffer.alloc(length - 1), Buffer.from([said & 0xff])]);
}

function payloadOf(random: Random, audio: boolean, { opus, vp8 }: RtpContext): Buffer {
  const sample = Buffer.from(random.pick(audio ? opus : vp8));
  switch (
    random.weighted({
      sample: 4,
      damaged: 4,
      empty: 1,
      noise: 2,
      other: 1,
      h264: audio ? 0 : 2,
      red: 1,
      rtx: 1,
    })
  ) {
    case 'sample':
      return sample;
    case 'damaged':
      return damage(random, sample);
    case 'empty':
      return Buffer.alloc(0);
    case 'noise':
      return random.bytes(random.pick([1, 2, 3, 40, 1100]));
    case 'other':
      return Buffer.from(random.pick(audio ? vp8 : opus));
    case 'h264':
      // Single units, aggregates and fragments, with sizes that do not fit.
      return pack(
        [random.pick([0x65, 0x67, 0x68, 0x41, 0x78, 0x7c, 0x7d, 0x1f, 0x00]), 1],
        [random.pick([0x85, 0x45, 0x05, 0xc5, 0]), 1],
        random.bytes(random.int(0, 200)),
      );
    case 'red':
      return pack(
        [0x80 | 111, 1],
        [(random.int(0, 0x3fff) << 10) | random.int(0, 1023), 3],
        [111, 1],
        sample,
      );
    case 'rtx':
      return Buffer.concat([random.bytes(2), sample]);
  }
}

const REPORTS = { sr: 200, rr: 201, sdes: 202, bye: 203, app: 204, rtpfb: 205, psfb: 206, xr: 207, odd: 0 };

/** One compound of RTCP before encryption; never shorter than a header. */
export function rtcpCompound(random: Random, context: RtpContext): Buffer {
  const parts = Array.from({ length: random.int(1, 4) }, () => report(random, context));
  const compound = Buffer.concat(parts);
  const damaged = random.chance(0.4)
    ? Buffer.concat([compound.subarray(0, 8), damage(random, compound.subarray(8))])
    : compound;
  return damaged.length < 8 ? Buffer.concat([damaged, Buffer.alloc(8 - damaged.length)]) : damaged;
}

function report(random: Random, { audio, video, atMs }: RtpContext): Buffer {
  const ssrc = random.pick([audio.ssrc, (video ?? audio).ssrc, random.u32()]);
  const name = random.weighted({ sr: 4, rr: 2, sdes: 2, bye: 1, app: 1, rtpfb: 3, psfb: 3, xr: 1, odd: 1 });
  const blocks = random.int(0, 3);
  const feedback = (): Buffer => pack([ssrc, 4], [audio.ssrc, 4], random.bytes(4 * random.int(0, 6)));
  const bodies: Record<keyof typeof REPORTS, () => Buffer> = {
    sr: () =>
      pack(
        [ssrc, 4],
        random.chance(0.5) ? random.bytes(8) : Buffer.alloc(8, 0xff),
        [atMs * 48, 4],
        random.bytes(8),
        random.bytes(24 * blocks),
      ),
    rr: () => pack([ssrc, 4], random.bytes(24 * blocks)),
    sdes: () =>
      pack(
        [ssrc, 4],
        [random.int(0, 8), 1],
        [random.pick([0, 2, 255]), 1],
        Buffer.from('ab'),
        Buffer.alloc(4),
      ),
    bye: () =>
      Buffer.concat([
        ...Array.from({ length: random.int(0, 3) }, () => pack([ssrc, 4])),
        random.chance(0.3) ? Buffer.from([3, 97, 98, 99]) : Buffer.alloc(0),
      ]),
    app: () => pack([ssrc, 4], Buffer.from('FUZZ'), random.bytes(4 * random.int(0, 5))),
    rtpfb: feedback,
    psfb: feedback,
    xr: () =>
      pack([ssrc, 4], [random.int(0, 8), 1], [0, 1], [random.pick([0, 2, 0xffff]), 2], random.bytes(8)),
    odd: () => random.bytes(4 * random.int(0, 5)),
  };
  const body = bodies[name]();
  // The count of a report, or the format of a feedback message: NACK 1, TWCC 15; PLI 1, FIR 4, REMB 15.
  const count = random.chance(0.8) ? random.pick([blocks, 1, 4, 15]) : random.int(0, 31);
  const type = name === 'odd' ? random.int(192, 223) : REPORTS[name];
  const words = random.chance(0.85) ? body.length >> 2 : random.pick([0, 1, 0xffff]);
  return pack([0x80 | (random.chance(0.05) ? 0x20 : 0) | count, 1], [type, 1], [words, 2], body);
}
