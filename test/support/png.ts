import { crc32, deflateSync } from 'node:zlib';

/** A PNG of any kind that the format has: colour types, depths, interlacing and extra chunks as they are asked for. */
export interface PngKind {
  readonly width: number;
  readonly height: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  /** Bits a sample. */
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly interlaced?: boolean;
  /** Samples of a pixel, as stored: as many as the colour type has. */
  readonly pixel: (x: number, y: number) => readonly number[];
  /** Chunks before the picture's data, in order: PLTE, tRNS, eXIf, … */
  readonly chunks?: readonly (readonly [name: string, data: Uint8Array])[];
}

/** Start and step of the seven passes of Adam7. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function png(kind: PngKind): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(kind.width, 0);
  header.writeUInt32BE(kind.height, 4);
  header.set([kind.depth, kind.colourType, 0, 0, kind.interlaced ? 1 : 0], 8);
  const passes = kind.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const rows = passes.flatMap((pass) => rowsOf(kind, pass));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(kind.chunks ?? []).map(([name, data]) => chunk(name, data)),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function rowsOf(kind: PngKind, [x0, y0, stepX, stepY]: readonly [number, number, number, number]): Buffer[] {
  const rows: Buffer[] = [];
  for (let y = y0; y < kind.height && x0 < kind.width; y += stepY) {
    const samples: number[] = [];
    for (let x = x0; x < kind.width; x += stepX) samples.push(...kind.pixel(x, y));
    rows.push(Buffer.concat([Buffer.of(0), packed(samples, kind.depth)]));
  }
  return rows;
}

function packed(samples: readonly number[], depth: number): Buffer {
  if (depth === 16) return Buffer.from(samples.flatMap((v) => [v >> 8, v & 255]));
  const out = Buffer.alloc(Math.ceil((samples.length * depth) / 8));
  samples.forEach((v, i) => {
    const bit = i * depth;
    out[bit >> 3] = (out[bit >> 3] ?? 0) | (v << (8 - depth - (bit & 7)));
  });
  return out;
}

function chunk(name: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
