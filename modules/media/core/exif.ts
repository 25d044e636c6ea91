import type { ImageHeader } from './image-header.js';
import type { Orientation } from './pixels.js';

/** TIFF tag of the orientation, and the type of its value (16 bit). */
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * The orientation that a picture's EXIF data asks for. 1, upright, where it has none or none that makes sense: what cameras
 * and editors write there must not make a picture unusable.
 */
export function orientationOf(file: Uint8Array, format: ImageHeader['format']): Orientation {
  const exif = format === 'jpeg' ? inJpeg(file) : format === 'png' ? inPng(file) : inWebp(file, format);
  return exif ? readOrientation(exif) : 1;
}

/** The first APP1 segment that begins with "Exif", before the picture's own data. */
function inJpeg(file: Uint8Array): Uint8Array | null {
  const view = viewOf(file);
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff;) {
    const marker = file[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return null;
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === 0xe1 && startsWith(file, at + 4, 'Exif\0')) return file.subarray(at + 10, end);
    at = end;
  }
  return null;
}

function inPng(file: Uint8Array): Uint8Array | null {
  const view = viewOf(file);
  for (let at = 8; at + 12 <= file.length;) {
    const length = view.getUint32(at);
    if (startsWith(file, at + 4, 'eXIf')) return file.subarray(at + 8, at + 8 + length);
    if (startsWith(file, at + 4, 'IEND')) return null;
    at += 12 + length;
  }
  return null;
}

function inWebp(file: Uint8Array, format: 'webp' | 'gif'): Uint8Array | null {
  if (format === 'gif') return null;
  const view = viewOf(file);
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true);
    if (startsWith(file, at, 'EXIF')) {
      // Some writers put the JPEG segment's name before the data.
      const from = at + 8 + (startsWith(file, at + 8, 'Exif\0') ? 6 : 0);
      return file.subarray(from, at + 8 + length);
    }
    at += 8 + length + (length & 1);
  }
  return null;
}

/** EXIF is a TIFF file: byte order, the offset of its first directory, and entries of 12 bytes there. */
function readOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 8) return 1;
  const view = viewOf(tiff);
  const little = tiff[0] === 0x49;
  const order = view.getUint16(0, little);
  if (order !== (little ? 0x4949 : 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let n = 0; n < entries; n += 1) {
    const at = directory + 2 + n * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(at + 8, little);
    const valid = view.getUint16(at + 2, little) === SHORT && value >= 1 && value <= 8;
    return valid ? (value as Orientation) : 1;
  }
  return 1;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return Array.from(text).every((c, i) => bytes[at + i] === c.charCodeAt(0));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
