/** What one RTP payload contributes to its frame. */
export interface PayloadPart {
  /** The payload begins a frame (VP8), or a unit of it (H264). */
  readonly begins: boolean;
  /** Set where the payload tells whether its frame is a key frame. */
  readonly key: boolean | null;
  /** Bytes to append to the frame, in order. */
  readonly chunks: readonly Uint8Array[];
}

/** Reads a payload; null where its descriptor is malformed. */
export type PayloadReader = (payload: Uint8Array) => PayloadPart | null;

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
  return { begins, key: begins ? (header & 1) === 0 : null, chunks: [payload.subarray(offset)] };
};

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const IDR = 5;
const NON_IDR = 1;
const STAP_A = 24;
const FU_A = 28;

/** H264 (RFC 6184, packetization mode 0 and 1): single units, STAP-A and FU-A, as an Annex B byte stream. */
export const readH264: PayloadReader = (payload) => {
  const header = payload[0];
  if (header === undefined) return null;
  const type = header & 0x1f;
  if (type === FU_A) return readFragment(payload, header);
  if (type === STAP_A) return readAggregate(payload);
  if (type === 0 || type > STAP_A) return null;
  return { begins: true, key: keyOf(type), chunks: [START_CODE, payload] };
};

function readFragment(payload: Uint8Array, indicator: number): PayloadPart | null {
  const fu = payload[1];
  if (fu === undefined || payload.length < 3) return null;
  const begins = (fu & 0x80) !== 0;
  const body = payload.subarray(2);
  const unitHeader = Uint8Array.of((indicator & 0xe0) | (fu & 0x1f));
  return { begins, key: keyOf(fu & 0x1f), chunks: begins ? [START_CODE, unitHeader, body] : [body] };
}

function readAggregate(payload: Uint8Array): PayloadPart | null {
  const chunks: Uint8Array[] = [];
  let key: boolean | null = null;
  for (let at = 1; at < payload.length;) {
    const size = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const unit = payload.subarray(at + 2, at + 2 + size);
    if (size === 0 || unit.length < size) return null;
    key ??= keyOf((unit[0] ?? 0) & 0x1f);
    chunks.push(START_CODE, unit);
    at += 2 + size;
  }
  return chunks.length > 0 ? { begins: true, key, chunks } : null;
}

/** Parameter sets and other units do not tell; slices do. */
function keyOf(type: number): boolean | null {
  if (type === IDR) return true;
  return type === NON_IDR ? false : null;
}
