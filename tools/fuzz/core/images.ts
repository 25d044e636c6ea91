import { crc32, deflateSync } from 'node:zlib';
import { damage, pack } from './bytes.js';
import type { Random } from './random.js';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Samples of a pixel by the colour types of PNG. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** What a PNG may be: colour type and bits a sample. */
const FORMATS = [
  [0, 1],
  [0, 2],
  [0, 4],
  [0, 8],
  [0, 16],
  [2, 8],
  [2, 16],
  [3, 1],
  [3, 2],
  [3, 4],
  [3, 8],
  [4, 8],
  [4, 16],
  [6, 8],
  [6, 16],
] as const;
const SIDES = [1, 2, 3, 7, 16, 64, 224, 336];

/** A data URL of a picture: whole, of an odd kind, or damaged. */
export function imageUrl(random: Random, jpeg: Uint8Array): string {
  const type = random.weighted({ png: 5, jpeg: 2, mixed: 1 });
  let file = type === 'jpeg' ? Buffer.from(jpeg) : png(random);
  if (random.chance(0.5)) file = damage(random, file);
  const mime = type === 'mixed' ? random.pick(['jpeg', 'webp', 'gif', 'svg+xml', 'jpg']) : type;
  let base64 = file.toString('base64');
  if (random.chance(0.1))
    base64 = base64.slice(0, random.int(0, base64.length)) + random.pick(['=', '!', '\n', '%3D']);
  return `data:image/${mime};base64,${base64}`;
}

/** A small PNG of any kind that the format allows; a tenth of them say something else than they hold. */
export function png(random: Random): Buffer {
  const [colour, bits] = random.pick(FORMATS);
  const width = random.pick(SIDES);
  const height = random.pick(SIDES);
  const line = Math.ceil((width * bits * (SAMPLES[colour] ?? 1)) / 8);
  const rows = Array.from({ length: height }, () =>
    pack([random.chance(0.9) ? random.int(0, 4) : 9, 1], random.bytes(line)),
  );
  const lies = random.chance(0.1);
  const said = (side: number): number =>
    lies ? random.pick([0, 1, side + 1, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]) : side;
  const header = pack(
    [said(width), 4],
    [said(height), 4],
    [bits, 1],
    [colour, 1],
    [0, 1],
    [0, 1],
    [random.chance(0.1) ? 1 : 0, 1],
  );
  const chunks = [chunk('IHDR', header)];
  // Without a palette, with one that is too short, and with the whole.
  if (colour === 3 && random.chance(0.9))
    chunks.push(chunk('PLTE', random.bytes(3 * random.pick([1, 2, 16, 256]))));
  if (random.chance(0.2)) chunks.push(chunk('tRNS', random.bytes(random.pick([1, 2, 6, 256]))));
  if (random.chance(0.1))
    chunks.push(
      chunk(random.pick(['eXIf', 'iCCP', 'acTL', 'tEXt', 'gAMA']), random.bytes(random.int(0, 64))),
    );
  chunks.push(chunk('IDAT', deflateSync(Buffer.concat(rows))));
  if (random.chance(0.95)) chunks.push(chunk('IEND', Buffer.alloc(0)));
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return pack([data.length, 4], body, [crc32(body), 4]);
}
