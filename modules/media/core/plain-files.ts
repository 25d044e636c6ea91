import type { ImageHeader } from './image-header.js';
import type { Place } from './pixels.js';

export interface PlainFile {
  readonly file: Uint8Array;
  /** Where its picture belongs, if that is not all there is to see; pixels. */
  readonly place: Place | null;
}

/** Files of kinds that libav's decoders do not know, written as such that they do. */
export function plainFile(file: Uint8Array, format: ImageHeader['format']): PlainFile {
  if (format === 'png') return { file: opaqueByPalette(file), place: null };
  return (format === 'webp' && firstOfMoving(file)) || { file, place: null };
}

const PNG_SIGNATURE_BYTES = 8;
const PNG_GREY = 0;
const PNG_PALETTE = 3;

/**
 * A PNG with one bit of grey a pixel and a transparent value (tRNS), written as one with a palette of black and white; any other
 * file as it is. libav's decoder knows no one-bit grey with transparency and would show it opaque.
 */
function opaqueByPalette(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length <= 33 || file[24] !== 1 || file[25] !== PNG_GREY) return file;
  for (let at = PNG_SIGNATURE_BYTES; at + 12 <= file.length;) {
    const length = view.getUint32(at);
    if (named(file, at + 4, 'IDAT')) return file;
    if (named(file, at + 4, 'tRNS') && length === 2 && at + 14 <= file.length) {
      const clear = (file[at + 9] ?? 0) & 1;
      const before = Uint8Array.from(file.subarray(0, at));
      before[25] = PNG_PALETTE;
      const palette = pngChunk('PLTE', [0, 0, 0, 255, 255, 255]);
      return joined([
        before,
        palette,
        pngChunk('tRNS', clear === 0 ? [0] : [255, 0]),
        file.subarray(at + 14),
      ]);
    }
    at += 12 + length;
  }
  return file;
}

/** Without its checksum, which libav does not look at. */
function pngChunk(name: string, data: readonly number[]): Uint8Array {
  return Uint8Array.of(0, 0, 0, data.length, ...letters(name), ...data, 0, 0, 0, 0);
}

const RIFF_HEAD_BYTES = 12;
const WEBP_ANIMATION = 0x02;
const WEBP_ALPHA = 0x10;
/** Before the chunks of an ANMF's picture: its place, size, duration and flags. */
const ANMF_HEAD_BYTES = 16;

/** A WebP that moves, as one of its first picture alone, which may be smaller than its canvas; null where it does not move. */
function firstOfMoving(file: Uint8Array): PlainFile | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (!named(file, RIFF_HEAD_BYTES, 'VP8X') || ((file[20] ?? 0) & WEBP_ANIMATION) === 0) return null;
  const number24 = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  for (let at = RIFF_HEAD_BYTES; at + 8 + ANMF_HEAD_BYTES <= file.length;) {
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (named(file, at, 'ANMF')) {
      const picture = file.subarray(body + ANMF_HEAD_BYTES, body + length);
      const size = file.subarray(body + 6, body + 12);
      const head = Uint8Array.of(...letters('VP8X'), 10, 0, 0, 0, WEBP_ALPHA, 0, 0, 0, ...size);
      const riff = Uint8Array.of(...letters('RIFF'), 0, 0, 0, 0, ...letters('WEBP'));
      new DataView(riff.buffer).setUint32(4, 4 + head.length + picture.length, true);
      const place = {
        x: 2 * number24(body),
        y: 2 * number24(body + 3),
        width: number24(body + 6) + 1,
        height: number24(body + 9) + 1,
        canvas: { width: number24(24) + 1, height: number24(27) + 1 },
      };
      return { file: joined([riff, head, picture]), place };
    }
    at = body + length + (length & 1);
  }
  return null;
}

function letters(name: string): number[] {
  return Array.from(name, (c) => c.charCodeAt(0));
}

function named(file: Uint8Array, at: number, name: string): boolean {
  return letters(name).every((code, i) => file[at + i] === code);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
