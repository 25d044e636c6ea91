import type { PayloadFormat, PayloadReader } from './depacketize.js';

/** Bits of the aggregation header (RTP Payload Format for AV1, 4.4). */
const CONTINUES = 0x80;
const CONTINUED = 0x40;
const BEGINS_SEQUENCE = 0x08;
/** Bits of an OBU's header (AV1 specification, 5.3.2). */
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;
const TEMPORAL_DELIMITER = 2;
const TILE_LIST = 8;
/** A length has no more bytes than that (AV1 specification, 4.10.5). */
const LEB128_BYTES = 8;
/** The delimiter that a decoder's temporal unit begins with; over RTP it is left out. */
const DELIMITER = Uint8Array.of((TEMPORAL_DELIMITER << 3) | HAS_SIZE, 0);

/** What a payload contributes is the payload itself: only all of them together tell how long each OBU is. */
const read: PayloadReader = (payload) => {
  const header = payload[0];
  if (header === undefined || payload.length < 2) return null;
  return {
    begins: (header & CONTINUES) === 0,
    key: (header & BEGINS_SEQUENCE) !== 0,
    sets: false,
    chunks: [payload],
  };
};

/** The temporal unit of a frame's payloads, each OBU with its size (the low-overhead format of the AV1 specification). */
function join(payloads: readonly Uint8Array[]): Uint8Array | null {
  const units: Uint8Array[] = [DELIMITER];
  let open: Uint8Array[] | null = null;
  for (const payload of payloads) {
    const elements = elementsOf(payload);
    if (!elements) return null;
    const header = payload[0] ?? 0;
    for (const [n, element] of elements.entries()) {
      const continues = n === 0 && (header & CONTINUES) !== 0;
      if (continues !== (open !== null)) return null;
      const parts: Uint8Array[] = [...(open ?? []), element];
      const isOpen = n === elements.length - 1 && (header & CONTINUED) !== 0;
      open = isOpen ? parts : null;
      if (!isOpen) units.push(...sized(concatenated(parts)));
    }
  }
  return open === null && units.length > 1 ? concatenated(units) : null;
}

/** The OBUs of a payload, or parts of them; null where it is malformed. */
function elementsOf(payload: Uint8Array): Uint8Array[] | null {
  const count = ((payload[0] ?? 0) >> 4) & 0x03;
  const elements: Uint8Array[] = [];
  for (let at = 1; at < payload.length;) {
    // Where they are counted, the last one has no length of its own.
    if (count > 0 && elements.length === count - 1) {
      elements.push(payload.subarray(at));
      return elements;
    }
    const length = readLeb128(payload, at);
    if (!length || at + length.bytes + length.value > payload.length) return null;
    at += length.bytes;
    elements.push(payload.subarray(at, at + length.value));
    at += length.value;
  }
  return count === 0 || elements.length === count ? elements : null;
}

/** An OBU with its size; none where a decoder has no use for it. */
function sized(unit: Uint8Array): Uint8Array[] {
  const header = unit[0];
  if (header === undefined) return [];
  const type = (header >> 3) & 0x0f;
  if (type === TEMPORAL_DELIMITER || type === TILE_LIST) return [];
  if (header & HAS_SIZE) return [unit];
  const headerBytes = header & HAS_EXTENSION ? 2 : 1;
  const body = unit.subarray(headerBytes);
  return [Uint8Array.of(header | HAS_SIZE, ...unit.subarray(1, headerBytes)), writeLeb128(body.length), body];
}

function readLeb128(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly bytes: number } | null {
  let value = 0;
  for (let n = 0; n < LEB128_BYTES; n += 1) {
    const byte = bytes[at + n];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * n);
    if (!(byte & 0x80)) return { value, bytes: n + 1 };
  }
  return null;
}

function writeLeb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** AV1 (RTP Payload Format for AV1, 1.0). */
export const AV1: PayloadFormat = { read, join };
