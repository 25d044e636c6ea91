/** Still images through the real decoder in its process. */
import { readFileSync } from 'node:fs';

import type { RgbImage } from '#modules/contracts';
import { MediaService } from '#modules/media';

import { mediaFixture } from '../support/media-call.js';
import { png, type PngKind } from '../support/png.js';

let service: MediaService;
beforeAll(() => {
  service = new MediaService({ maxImageSide: 160, maxImageBytes: 300_000 });
});
afterAll(() => service.onModuleDestroy());

const still = readFileSync(mediaFixture('still.png'));
const jpg = readFileSync(mediaFixture('still.jpg'));
const made = (name: string) => readFileSync(mediaFixture(`images/${name}`));

/** The colour at a place (0..1) of a picture, by name. */
function colourAt({ width, height, data }: RgbImage, x: number, y: number): string {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
  const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
  const high = [r, g, b].map((v) => (v > 200 ? '1' : v < 60 ? '0' : '?')).join('');
  const names: Record<string, string> = {
    '100': 'red',
    '001': 'blue',
    '010': 'green',
    '111': 'white',
    '000': 'black',
  };
  return names[high] ?? `${r},${g},${b}`;
}
const halves = (image: RgbImage) => [colourAt(image, 0.2, 0.5), colourAt(image, 0.8, 0.5)];

test.each([
  ['PNG', still, 'image/png'],
  ['JPEG', jpg, 'image/jpeg'],
  ['JPEG by its other name', jpg, 'IMAGE/JPG; charset=utf-8'],
])('%s is decoded and scaled to fit', async (_name, file, mime) => {
  const image = await service.decodeImage(file, mime);
  expect(image).toMatchObject({ width: 160, height: 120 });
  expect(image.data).toHaveLength(160 * 120 * 3);
});

test('both formats show the same picture', async () => {
  const [a, b] = await Promise.all([service.decodeImage(still), service.decodeImage(jpg)]);
  const difference =
    a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;
  expect(difference).toBeLessThan(5);
});

describe('PNG', () => {
  const kinds = ([0, 2, 3, 4, 6] as const).flatMap((colourType) =>
    ([1, 2, 4, 8, 16] as const)
      .filter((depth) => (colourType === 0 ? true : colourType === 3 ? depth < 16 : depth >= 8))
      .flatMap((depth) => [false, true].map((interlaced) => ({ colourType, depth, interlaced }))),
  );
  const PALETTE = ['PLTE', Uint8Array.of(0, 0, 0, 255, 255, 255)] as const;
  /** Black left, white right, opaque. */
  const blackAndWhite = ({ colourType, depth, interlaced }: (typeof kinds)[number], width = 11): PngKind => {
    const max = 2 ** depth - 1;
    const samples = { 0: 1, 2: 3, 3: 1, 4: 1, 6: 3 }[colourType];
    return {
      width,
      height: 7,
      colourType,
      depth,
      interlaced,
      pixel: (x) => {
        const value = x < width / 2 ? 0 : colourType === 3 ? 1 : max;
        return [...Array<number>(samples).fill(value), ...(colourType >= 4 ? [max] : [])];
      },
      chunks: colourType === 3 ? [PALETTE] : [],
    };
  };

  test.each(kinds)('colour type $colourType, $depth bits, interlaced $interlaced', async (kind) => {
    const image = await service.decodeImage(png(blackAndWhite(kind)));
    expect(image).toMatchObject({ width: 11, height: 7 });
    expect(halves(image)).toEqual(['black', 'white']);
  });

  test.each(kinds.filter((k) => k.colourType <= 3))(
    'a transparent value is white: colour type $colourType, $depth bits, interlaced $interlaced',
    async (kind) => {
      const clear = kind.colourType === 3 ? [0] : Array<number>(kind.colourType === 2 ? 6 : 2).fill(0);
      const plain = blackAndWhite(kind);
      const file = png({ ...plain, chunks: [...(plain.chunks ?? []), ['tRNS', Uint8Array.from(clear)]] });
      expect(halves(await service.decodeImage(file))).toEqual(['white', 'white']);
    },
  );

  test('of one bit of grey, white may be the transparent value', async () => {
    const kind = blackAndWhite({ colourType: 0, depth: 1, interlaced: false });
    const file = png({ ...kind, pixel: (x) => [x < 6 ? 0 : 1], chunks: [['tRNS', Uint8Array.of(0, 1)]] });
    expect(halves(await service.decodeImage(file))).toEqual(['black', 'white']);
  });

  test.each([4, 6] as const)(
    'what an alpha channel hides is not seen, also after scaling: colour type %d',
    async (colourType) => {
      // Every other column is hidden black: scaled down to half, no grey may come of it.
      const file = png({
        width: 320,
        height: 8,
        colourType,
        depth: 8,
        pixel: (x) => [...Array<number>(colourType === 4 ? 1 : 3).fill(x & 1 ? 255 : 0), x & 1 ? 255 : 0],
      });
      const { width, data } = await service.decodeImage(file);
      expect(width).toBe(160);
      expect(Math.min(...data)).toBe(255);
    },
  );

  test('half transparent is half white', async () => {
    const file = png({ width: 3, height: 3, colourType: 6, depth: 8, pixel: () => [255, 0, 0, 128] });
    expect([...(await service.decodeImage(file)).data.subarray(0, 3)]).toEqual([255, 127, 127]);
  });

  test.each([
    [1, 1, 1, 1],
    [1, 65_535, 1, 160],
    [20_000, 1, 160, 1],
    [65_535, 40, 160, 1],
    [319, 3, 160, 2],
  ])('%d x %d pixels become %d x %d', async (width, height, w, h) => {
    const file = png({ width, height, colourType: 0, depth: 1, pixel: () => [1] });
    const image = await service.decodeImage(file);
    expect(image).toMatchObject({ width: w, height: h });
    expect(Math.min(...image.data)).toBe(255);
  });

  test.each([
    ['a palette that is missing', 3, 8, []],
    ['an empty palette', 3, 8, [['PLTE', new Uint8Array(0)]]],
    ['a palette shorter than its indices', 3, 8, [['PLTE', Uint8Array.of(1, 2, 3)]]],
    ['a palette of a length that is no multiple of 3', 3, 4, [['PLTE', Uint8Array.of(1, 2, 3, 4)]]],
    ['more transparency than palette', 3, 2, [PALETTE, ['tRNS', new Uint8Array(200)]]],
    ['a cut transparent value', 0, 1, [['tRNS', Uint8Array.of(0)]]],
  ] as const)(
    '%s: a picture or bad_image, and the next one is decoded',
    async (_name, colourType, depth, chunks) => {
      const file = png({
        width: 9,
        height: 4,
        colourType,
        depth,
        pixel: (x) => [x & (2 ** depth - 1)],
        chunks,
      });
      const seen = await service.decodeImage(file).then(
        (image) => `${image.width}x${image.height}`,
        (error: { code: string }) => error.code,
      );
      expect(['9x4', 'bad_image']).toContain(seen);
      expect(halves(await service.decodeImage(made('lossless.webp')))).toEqual(['red', 'blue']);
      expect(service.stats().decodersEnded).toBe(0);
    },
  );
});

test.each([
  'baseline.jpg',
  'progressive.jpg',
  'subsampled-420.jpg',
  'subsampled-422.jpg',
  'subsampled-411.jpg',
  'restarts.jpg',
  'cmyk.jpg',
  'lossy.webp',
  'lossless.webp',
  'upside-down.webp',
  'moving.webp',
  'still.gif',
  'interlaced.gif',
  'moving.gif',
])('%s is red on the left, blue on the right', async (name) => {
  const image = await service.decodeImage(made(name));
  expect(image).toMatchObject({ width: 25, height: 17 });
  expect(halves(image)).toEqual(['red', 'blue']);
});

test.each(['transparent.webp', 'transparent-lossless.webp', 'moving-transparent.webp', 'transparent.gif'])(
  'the transparent half of %s is white',
  async (name) => {
    expect(halves(await service.decodeImage(made(name)))).toEqual(['white', 'blue']);
  },
);

test('a grey JPEG, and one of one pixel', async () => {
  const [left, , , right] = (await service.decodeImage(made('grey.jpg'))).data.filter((_, i) => i % 18 === 0);
  expect(left).toBeGreaterThan(right ?? 255);
  expect(await service.decodeImage(made('one-pixel.jpg'))).toMatchObject({ width: 1, height: 1 });
});

describe('orientation', () => {
  /** TIFF with one entry: the orientation. */
  const tiff = (orientation: number, little = true) => {
    const b = Buffer.alloc(26);
    const write = (value: number, at: number) =>
      little ? b.writeUInt16LE(value, at) : b.writeUInt16BE(value, at);
    b.write(little ? 'II' : 'MM', 'latin1');
    for (const [value, at] of [
      [42, 2],
      [1, 8],
      [0x112, 10],
      [3, 12],
      [orientation, 18],
    ] as const)
      write(value, at);
    b.set(little ? [8, 0, 0, 0] : [0, 0, 0, 8], 4);
    b.set(little ? [1, 0, 0, 0] : [0, 0, 0, 1], 14);
    return b;
  };
  const inJpeg = (data: Uint8Array) => {
    const file = made('baseline.jpg');
    const head = Buffer.from([0xff, 0xe1, 0, data.length + 8, ...Buffer.from('Exif\0\0')]);
    return Buffer.concat([file.subarray(0, 2), head, data, file.subarray(2)]);
  };
  // Stored: red left, blue right. Where each of them is seen, by orientation.
  const seen = {
    1: ['red', 'blue', 'left', 'right'],
    2: ['blue', 'red', 'left', 'right'],
    3: ['blue', 'red', 'left', 'right'],
    4: ['red', 'blue', 'left', 'right'],
    5: ['red', 'blue', 'top', 'bottom'],
    6: ['red', 'blue', 'top', 'bottom'],
    7: ['blue', 'red', 'top', 'bottom'],
    8: ['blue', 'red', 'top', 'bottom'],
  } as const;
  const PLACES: Record<string, [x: number, y: number]> = {
    left: [0.2, 0.5],
    right: [0.8, 0.5],
    top: [0.5, 0.2],
    bottom: [0.5, 0.8],
  };

  const place = (name: string) => PLACES[name] ?? [0, 0];

  test.each(Object.entries(seen))('JPEG, %s', async (orientation, [a, b, first, second]) => {
    for (const little of [true, false]) {
      const image = await service.decodeImage(inJpeg(tiff(Number(orientation), little)));
      expect([colourAt(image, ...place(first)), colourAt(image, ...place(second))]).toEqual([a, b]);
    }
  });

  test('PNG', async () => {
    const kind = { width: 20, height: 10, colourType: 2, depth: 8 } as const;
    const file = png({
      ...kind,
      pixel: (x) => (x < 10 ? [255, 0, 0] : [0, 0, 255]),
      chunks: [['eXIf', tiff(6)]],
    });
    const image = await service.decodeImage(file);
    expect(image).toMatchObject({ width: 10, height: 20 });
    expect([colourAt(image, 0.5, 0.2), colourAt(image, 0.5, 0.8)]).toEqual(['red', 'blue']);
  });

  test.each([
    ['9', tiff(9)],
    ['nothing', new Uint8Array(0)],
    ['no TIFF', Buffer.from('this is not TIFF data at all')],
    [
      'a directory beyond the end',
      Uint8Array.from([...tiff(6).subarray(0, 4), 0xff, 0xff, 0xff, 0x7f, 1, 0]),
    ],
    ['a cut directory', tiff(6).subarray(0, 15)],
  ])('EXIF that says %s does not matter', async (_name, data) => {
    expect(halves(await service.decodeImage(inJpeg(data)))).toEqual(['red', 'blue']);
  });
});

test.each([
  ['text', new TextEncoder().encode('no image'), undefined],
  ['nothing', new Uint8Array(0), undefined],
  ['a PNG that calls itself JPEG', still, 'image/jpeg'],
  ['a cut PNG', still.subarray(0, 60), undefined],
  ['a cut WebP', made('lossy.webp').subarray(0, 40), undefined],
  ['a GIF of nothing but its head', made('still.gif').subarray(0, 13), undefined],
  ['a file over the limit', new Uint8Array(300_001), undefined],
  ['a picture of four gigapixels', hugePng(65_535, 65_535), undefined],
  ['a strip of two million pixels', hugePng(2_000_000, 1), undefined],
])('%s is refused', async (_name, file, mime) => {
  await expect(service.decodeImage(file, mime)).rejects.toMatchObject({ code: 'bad_image' });
});

function hugePng(width: number, height: number): Uint8Array {
  const file = Uint8Array.from(still);
  new DataView(file.buffer).setUint32(16, width);
  new DataView(file.buffer).setUint32(20, height);
  return file;
}
