import type { ImageSource } from './call/options.js';
import { CallError } from './errors.js';

/** How files of each kind begin. */
const MAGIC: readonly (readonly [type: string, bytes: readonly number[], at: number])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47], 0],
  ['image/jpeg', [0xff, 0xd8, 0xff], 0],
  ['image/gif', [0x47, 0x49, 0x46, 0x38], 0],
  ['image/webp', [0x57, 0x45, 0x42, 0x50], 8],
];

/**
 * @returns the data URL of a picture's file; null: it is no file, it would have to be drawn
 * @throws CallError `bad_image` where it is of no kind that the gateway takes
 */
export async function dataUrlOf(image: ImageSource): Promise<string | null> {
  if (typeof image === 'string') {
    if (image.startsWith('data:image/')) return image;
    throw new CallError('bad_image', 'A picture in a string is a data URL (`data:image/…`).');
  }
  const bytes = await bytesOf(image);
  if (!bytes) return null;
  const type = MAGIC.find(([, magic, at]) => magic.every((byte, i) => bytes[at + i] === byte))?.[0];
  if (type === undefined) throw new CallError('bad_image', 'The picture is no PNG, JPEG, WebP or GIF.');
  return `data:${type};base64,${base64(bytes)}`;
}

/** @returns whether it is ASCII of so many bytes at the most, as data URLs are */
export function fits(url: string, maxBytes: number): boolean {
  return url.length <= maxBytes;
}

async function bytesOf(image: Exclude<ImageSource, string>): Promise<Uint8Array | null> {
  if (image instanceof Uint8Array) return image;
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  return image instanceof Blob ? new Uint8Array(await image.arrayBuffer()) : null;
}

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(''));
}
