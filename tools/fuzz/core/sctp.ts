import { damage, pack } from './bytes.js';
import type { Random } from './random.js';

/** An association as its other end sees it. */
export interface SctpContext {
  /** The tag that the gateway expects. */
  readonly tag: number;
  /** The next that the gateway expects. */
  readonly tsn: number;
  /** The last that the gateway sent. */
  readonly received: number;
  /** The stream of `oai-events`. */
  readonly stream: number;
}

/** A packet, and by how many TSNs the association has moved on if the gateway takes it. */
export interface SctpPacket {
  readonly bytes: Buffer;
  readonly consumed: number;
}

const PPID = { dcep: 50, string: 51, binary: 53, stringEmpty: 56, binaryEmpty: 57 };

/** One packet that is wrong somewhere; few of them end the association by right. */
export function sctpPacket(random: Random, context: SctpContext): SctpPacket {
  const chunks: Buffer[] = [];
  let tsn = context.tsn;
  const most = Number(random.weighted({ 1: 6, 2: 2, 4: 1 }));
  while (chunks.length < most) {
    const next = anyChunk(random, { ...context, tsn });
    chunks.push(next.bytes);
    tsn += next.consumed;
  }
  const tag = random.chance(0.93) ? context.tag : random.pick([0, 1, 0xffff_ffff, random.u32()]);
  const body = Buffer.concat(chunks);
  const damaged = random.chance(0.25);
  const packet = sealed(tag, damaged ? damage(random, body) : body, random.chance(0.96));
  // Of what is wrong nobody knows how much the gateway has taken: `mended` closes the gap.
  return { bytes: packet, consumed: tsn - context.tsn };
}

/** Tells the gateway to wait for no TSN before the client's next: so the association goes on after packets that it did not take. */
export function mended({ tag, tsn }: SctpContext): Buffer {
  return sealed(tag, pack([192, 1], [0, 1], [8, 2], [(tsn - 1) >>> 0, 4]));
}

/** Adds the header and its checksum. */
export function sealed(tag: number, chunks: Uint8Array, right = true): Buffer {
  const packet = pack([5000, 2], [5000, 2], [tag, 4], [0, 4], chunks);
  packet.writeUInt32LE((crc32c(packet) ^ (right ? 0 : 1)) >>> 0, 8);
  return packet;
}

function anyChunk(random: Random, context: SctpContext): { bytes: Buffer; consumed: number } {
  const { tsn, received } = context;
  const only = (type: number, body: Uint8Array, flags = 0): { bytes: Buffer; consumed: number } => ({
    bytes: chunk(random, type, flags, body),
    consumed: 0,
  });
  switch (
    random.weighted({
      data: 10,
      sack: 4,
      heartbeat: 2,
      reconfig: 3,
      forward: 2,
      init: 0.1,
      cookie: 1,
      error: 2,
      unknown: 2,
      shutdown: 0.02,
      abort: 0.02,
    })
  ) {
    case 'data':
      return dataChunk(random, context);
    case 'sack': {
      const gaps = random.int(0, 4);
      const body = pack(
        [random.chance(0.95) ? received : random.u32(), 4],
        [random.pick([0, 1500, 0xffff_ffff, 131_072]), 4],
        [random.chance(0.9) ? gaps : 0xffff, 2],
        [random.pick([0, 0, 1, 0xffff]), 2],
        random.bytes(4 * gaps),
      );
      return only(3, body);
    }
    case 'heartbeat':
      return only(
        random.pick([4, 4, 5]),
        pack([random.pick([1, 0, 9]), 2], [random.pick([8, 4, 0, 0xffff]), 2], random.bytes(4)),
      );
    case 'reconfig':
      return only(130, reconfig(random, context));
    case 'forward':
      return only(
        192,
        pack(
          // Beyond what was sent: from then on the gateway takes the client's messages for repetitions.
          [random.chance(0.98) ? tsn - 1 : random.pick([tsn + 5, tsn + 70_000, random.u32()]), 4],
          random.bytes(4 * random.int(0, 3)),
        ),
      );
    case 'init':
      return only(
        random.pick([1, 1, 2]),
        pack(
          [random.u32(), 4],
          [131_072, 4],
          [random.pick([0, 1, 0xffff]), 2],
          [random.pick([0, 1, 0xffff]), 2],
          [random.u32(), 4],
          random.bytes(random.pick([0, 0, 4, 30])),
        ),
      );
    case 'cookie':
      return only(random.pick([10, 11]), random.bytes(random.pick([0, 4, 24])));
    case 'error':
      return only(9, pack([random.int(0, 14), 2], [random.pick([4, 8, 0, 0xffff]), 2], random.bytes(4)));
    case 'unknown':
      return only(
        random.pick([12, 13, 14, 63, 64, 128, 129, 193, 194, 255]),
        random.bytes(random.int(0, 60)),
      );
    case 'shutdown':
      return only(random.pick([7, 8]), pack([received, 4]));
    case 'abort':
      return only(6, random.bytes(random.pick([0, 4, 8])));
  }
}

/** A message (or a piece of one) with the next TSN, or one out of line. */
function dataChunk(random: Random, { tsn, stream }: SctpContext): { bytes: Buffer; consumed: number } {
  const inLine = random.chance(0.7);
  const number = inLine ? tsn : random.pick([tsn - 1, tsn + 2, tsn + 300, tsn + 2 ** 31, random.u32()]);
  const id = random.pick([stream, stream, 2, 3, 7, 1023, 65_534, 65_535]);
  // Unordered and whole, as a rule: pieces whose ends never come stay with the gateway for as long as the call lasts.
  const flags = random.chance(0.8) ? 7 : random.int(0, 7);
  const ppid = random.pick([...Object.values(PPID), 0, 1, 52, 54, 58, 0xffff_ffff]);
  const payload =
    ppid === PPID.dcep
      ? dcepMessage(random)
      : random.pick([
          Buffer.from('{"type":"response.cancel"}'),
          Buffer.alloc(0),
          Buffer.alloc(1),
          random.bytes(random.int(1, 900)),
        ]);
  const body = pack(
    [number >>> 0, 4],
    [id, 2],
    [random.pick([0, 1, 0xffff, random.int(0, 20)]), 2],
    [ppid, 4],
    payload,
  );
  return { bytes: chunk(random, 0, flags, body), consumed: inLine ? 1 : 0 };
}

/** Requests to reset streams, answers to requests that nobody made, parameters that no reader knows. */
function reconfig(random: Random, { tsn, received, stream }: SctpContext): Buffer {
  const streams = random.pick([[], [2], [1023], [7, 9], [stream], [65_535]]);
  const parameter = (type: number, body: Buffer): Buffer =>
    pack([type, 2], [random.chance(0.9) ? body.length + 4 : random.pick([0, 3, 0xffff]), 2], body);
  switch (random.weighted({ out: 3, in: 1, tsn: 1, answer: 2, add: 1, odd: 1 })) {
    case 'out':
      return parameter(
        13,
        pack(
          [random.pick([tsn, tsn - 1, random.u32()]), 4],
          [received, 4],
          [tsn - 1, 4],
          ...streams.map((id) => [id, 2] as const),
        ),
      );
    case 'in':
      return parameter(14, pack([random.u32(), 4], ...streams.map((id) => [id, 2] as const)));
    case 'tsn':
      return parameter(15, pack([random.u32(), 4]));
    case 'answer':
      return parameter(
        16,
        pack([random.pick([received, received + 1, random.u32()]), 4], [random.int(0, 7), 4]),
      );
    case 'add':
      return parameter(
        random.pick([17, 18]),
        pack([random.u32(), 4], [random.pick([0, 1, 0xffff]), 2], [0, 2]),
      );
    case 'odd':
      return random.bytes(random.int(0, 30));
  }
}

/** A message of the protocol that opens channels. */
export function dcepMessage(random: Random): Buffer {
  if (random.chance(0.2))
    return random.pick([
      Buffer.from([2]),
      Buffer.from([0]),
      Buffer.from([3]),
      Buffer.from([255]),
      Buffer.alloc(0),
      Buffer.from([2, 2, 2]),
    ]);
  const label = Buffer.from(
    random.pick(['', 'x', 'oai-events', 'chat', '__proto__', 'é'.repeat(20), 'l'.repeat(900)]),
  );
  const protocol = Buffer.from(random.pick(['', '', 'json', '\u0000']));
  const lie = (length: number): number =>
    random.chance(0.85) ? length : random.pick([0, length + 1, 0xffff]);
  const type = random.pick([0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x03, 0xff]);
  const open = pack(
    [3, 1],
    [type, 1],
    [random.int(0, 0xffff), 2],
    [random.u32(), 4],
    [lie(label.length), 2],
    [lie(protocol.length), 2],
    label,
    protocol,
  );
  return random.chance(0.1) ? open.subarray(0, random.int(1, open.length)) : open;
}

function chunk(random: Random, type: number, flags: number, body: Uint8Array): Buffer {
  const length = body.length + 4;
  const said = random.chance(0.95) ? length : random.pick([0, 1, 3, 4, length - 1, length + 1, 0xffff]);
  return pack([type, 1], [flags, 1], [said, 2], body, Buffer.alloc((4 - (length % 4)) % 4));
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0x82f6_3b78 : c >>> 1;
  return c >>> 0;
});

/** The checksum of SCTP (Castagnoli). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}
