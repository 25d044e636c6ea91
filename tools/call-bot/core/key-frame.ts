import type { VideoCodec } from '../rooms/room.js';

const IDR = 5;
const SPS = 7;
const STAP_A = 24;
const FU_A = 28;

/** Whether a picture that needs no other begins in this payload. */
export function beginsKeyFrame(codec: VideoCodec, payload: Uint8Array): boolean {
  return codec === 'vp8' ? beginsVp8KeyFrame(payload) : beginsH264KeyFrame(payload);
}

/** RFC 7741: the descriptor's S bit and partition 0, then the first bit of the frame, which is 0 in key frames. */
function beginsVp8KeyFrame(payload: Uint8Array): boolean {
  const [first = 0, extension = 0] = payload;
  if ((first & 0x1f) !== 0x10) return false;
  let at = 1;
  if (first & 0x80) {
    at += 1;
    if (extension & 0x80) at += (payload[at] ?? 0) & 0x80 ? 2 : 1;
    if (extension & 0x40) at += 1;
    if (extension & 0x30) at += 1;
  }
  const frame = payload[at];
  return frame !== undefined && (frame & 1) === 0;
}

/** RFC 6184: parameter sets come right before the picture that they are for. */
function beginsH264KeyFrame(payload: Uint8Array): boolean {
  const [first = 0, second = 0] = payload;
  const type = first & 0x1f;
  if (type === STAP_A) return isKey((payload[3] ?? 0) & 0x1f);
  if (type === FU_A) return (second & 0x80) !== 0 && isKey(second & 0x1f);
  return isKey(type);
}

function isKey(type: number): boolean {
  return type === IDR || type === SPS;
}
