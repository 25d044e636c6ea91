import type { PayloadReader } from './depacketize.js';

/** Bits of the first byte of the descriptor. */
const HAS_PICTURE_ID = 0x80;
const PREDICTED = 0x40;
const HAS_LAYER = 0x20;
const FLEXIBLE = 0x10;
const BEGINS = 0x08;
const HAS_STRUCTURE = 0x02;
/** A frame refers to no more than three others. */
const MOST_REFERENCES = 3;

/**
 * VP9 (RFC 9628). A frame that is not predicted from others is a key frame. Of a picture in several sizes (spatial layers) the smallest
 * is taken, which refers to none of the others.
 */
export const readVp9: PayloadReader = (payload) => {
  const first = payload[0];
  if (first === undefined) return null;
  let at = 1;
  if (first & HAS_PICTURE_ID) at += (payload[at] ?? 0) & 0x80 ? 2 : 1;
  let spatial = 0;
  if (first & HAS_LAYER) {
    spatial = ((payload[at] ?? 0) >> 1) & 0x07;
    // Without flexible mode the index of the base layer's picture follows.
    at += first & FLEXIBLE ? 1 : 2;
  }
  if (first & FLEXIBLE && first & PREDICTED) {
    for (let n = 0; n < MOST_REFERENCES; n += 1) if (((payload[at++] ?? 0) & 1) === 0) break;
  }
  if (first & HAS_STRUCTURE) at = afterStructure(payload, at);
  if (at >= payload.length) return null;
  if (spatial > 0) return { begins: false, key: null, sets: false, chunks: [] };
  return {
    begins: (first & BEGINS) !== 0,
    key: (first & PREDICTED) === 0,
    sets: false,
    chunks: [payload.subarray(at)],
  };
};

/** Sizes of the layers, and the pictures of a group with their references. */
function afterStructure(payload: Uint8Array, from: number): number {
  const head = payload[from] ?? 0;
  let at = from + 1;
  if (head & 0x10) at += 4 * ((head >> 5) + 1);
  if (!(head & 0x08)) return at;
  const pictures = payload[at++] ?? 0;
  for (let n = 0; n < pictures; n += 1) at += 1 + (((payload[at] ?? 0) >> 2) & 0x03);
  return at;
}
