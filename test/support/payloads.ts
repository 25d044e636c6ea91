/** Cuts encoded frames into RTP payloads as the formats' RFCs have it: the other way round from what the gateway does. */

/** The frames of an IVF file, whatever is in it. */
export function ivfFrames(file: Buffer): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = file.readUInt16LE(6); at + 12 <= file.length;) {
    const size = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

function* pieces(
  frame: Uint8Array,
  bytes: number,
): Generator<{ part: Uint8Array; first: boolean; last: boolean }> {
  for (let at = 0; at < frame.length; at += bytes)
    yield { part: frame.subarray(at, at + bytes), first: at === 0, last: at + bytes >= frame.length };
}

/** RFC 9628 without flexible mode: picture id of 15 bits, layer 0, and with key frames a scalability structure of one size. */
export function vp9Payloads(frame: Uint8Array, n: number, bytes: number): Uint8Array[] {
  // An uncompressed header begins with the frame marker, the profile, "show existing" and the frame type (VP9 specification, 7.2).
  const isKey = ((frame[0] ?? 0) & 0x04) === 0;
  return [...pieces(frame, bytes)].map(({ part, first, last }) => {
    const structure = isKey && first;
    const flags =
      0x80 | (isKey ? 0 : 0x40) | 0x20 | (first ? 0x08 : 0) | (last ? 0x04 : 0) | (structure ? 0x02 : 0);
    const layers = structure ? [0x18, 0, 160, 0, 120, 1, 0x04, 1] : [];
    return Uint8Array.of(flags, 0x80 | (n >> 8), n & 0xff, 0, n & 0xff, ...layers, ...part);
  });
}

/** RTP Payload Format for AV1: OBUs without sizes and delimiters, aggregated where they fit, and in fragments where they do not. */
export function av1Payloads(unit: Uint8Array, bytes: number): Uint8Array[] {
  const units = obus(unit).filter(({ type }) => type !== 2);
  const isKey = units.some(({ type }) => type === 1);
  const payloads: Uint8Array[] = [];
  for (const { header, body } of units) {
    const whole = Uint8Array.of(...header, ...body);
    for (const { part, first, last } of pieces(whole, bytes)) {
      const flags = (first ? 0 : 0x80) | (last ? 0 : 0x40) | (isKey && payloads.length === 0 ? 0x08 : 0);
      // Counted, or each with its length: both are allowed.
      if (payloads.length % 2 === 0) payloads.push(Uint8Array.of(flags | 0x10, ...part));
      else payloads.push(Uint8Array.of(flags, ...leb128(part.length), ...part));
    }
  }
  return payloads;
}

function obus(unit: Uint8Array): { type: number; header: number[]; body: Uint8Array }[] {
  const found = [];
  for (let at = 0; at < unit.length;) {
    const first = unit[at] ?? 0;
    const header = first & 4 ? [first & ~2, unit[at + 1] ?? 0] : [first & ~2];
    at += header.length;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = unit[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    found.push({ type: (first >> 3) & 15, header, body: unit.subarray(at, at + size) });
    at += size;
  }
  return found;
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >> 7)];
}
