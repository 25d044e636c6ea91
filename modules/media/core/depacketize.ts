/** What one RTP payload contributes to its frame. */
export interface PayloadPart {
  /** The payload begins a frame (VP8), or a unit of it (H264). */
  readonly begins: boolean;
  /** Set where the payload tells whether its frame is a key frame. */
  readonly key: boolean | null;
  /** A parameter set of H264 begins in it. */
  readonly sets: boolean;
  /** Bytes to append to the frame, in order. */
  readonly chunks: readonly Uint8Array[];
}

/** Reads a payload; null where its descriptor is malformed. */
export type PayloadReader = (payload: Uint8Array) => PayloadPart | null;

/** How a codec's frames are cut into payloads. */
export interface PayloadFormat {
  readonly read: PayloadReader;
  /** Makes the frame of what its payloads contributed; null where they are no frame. Default: one after the other. */
  readonly join?: (chunks: readonly Uint8Array[]) => Uint8Array | null;
}

/** VP8 (RFC 7741): the descriptor is skipped, the key frame bit is the inverse of the payload header's P bit. */
export const readVp8: PayloadReader = (payload) => {
  const first = payload[0];
  if (first === undefined) return null;
  let offset = 1;
  if (first & 0x80) {
    const extension = payload[offset++];
    if (extension === undefined) return null;
    if (extension & 0x80) offset += (payload[offset] ?? 0) & 0x80 ? 2 : 1;
    if (extension & 0x40) offset += 1;
    if (extension & 0x30) offset += 1;
  }
  const header = payload[offset];
  if (header === undefined) return null;
  const begins = (first & 0x10) !== 0 && (first & 0x07) === 0;
  const key = begins ? (header & 1) === 0 : null;
  return { begins, key, sets: false, chunks: [payload.subarray(offset)] };
};

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const IDR = 5;
const NON_IDR = 1;
const PARTITION_A = 2;
const SPS = 7;
const PPS = 8;
const STAP_A = 24;
const STAP_B = 25;
const FU_A = 28;
const FU_B = 29;

/** H264 (RFC 6184): single units, aggregates and fragments, as an Annex B byte stream. Interleaved units are taken as they come. */
export const readH264: PayloadReader = (payload) => {
  const header = payload[0];
  if (header === undefined) return null;
  const type = header & 0x1f;
  // The B kinds carry a decoding order number of two bytes.
  if (type === FU_A) return readFragment(payload, header, 2);
  if (type === FU_B) return readFragment(payload, header, 4);
  if (type === STAP_A) return readAggregate(payload, 1);
  if (type === STAP_B) return readAggregate(payload, 3);
  if (type === 0 || type > STAP_A) return null;
  return { begins: true, key: keyOf(type), sets: isSet(type), chunks: [START_CODE, payload] };
};

function readFragment(payload: Uint8Array, indicator: number, from: number): PayloadPart | null {
  const fu = payload[1];
  if (fu === undefined || payload.length <= from) return null;
  const begins = (fu & 0x80) !== 0;
  const type = fu & 0x1f;
  const body = payload.subarray(from);
  const unitHeader = Uint8Array.of((indicator & 0xe0) | type);
  return {
    begins,
    key: keyOf(type),
    sets: begins && isSet(type),
    chunks: begins ? [START_CODE, unitHeader, body] : [body],
  };
}

function readAggregate(payload: Uint8Array, from: number): PayloadPart | null {
  const chunks: Uint8Array[] = [];
  let key: boolean | null = null;
  let sets = false;
  for (let at = from; at < payload.length;) {
    const size = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const unit = payload.subarray(at + 2, at + 2 + size);
    if (size === 0 || unit.length < size) return null;
    const type = (unit[0] ?? 0) & 0x1f;
    key ??= keyOf(type);
    sets ||= isSet(type);
    chunks.push(START_CODE, unit);
    at += 2 + size;
  }
  return chunks.length > 0 ? { begins: true, key, sets, chunks } : null;
}

/** Parameter sets and other units do not tell; slices do. */
function keyOf(type: number): boolean | null {
  if (type === IDR) return true;
  return type === NON_IDR || type === PARTITION_A ? false : null;
}

function isSet(type: number): boolean {
  return type === SPS || type === PPS;
}
