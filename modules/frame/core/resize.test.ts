import fc from 'fast-check';
import type { RgbImage } from '#modules/contracts';
import { Resizer } from './resize.js';

function image(width: number, height: number, at: (x: number, y: number, c: number) => number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    at(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  );
  return { width, height, data };
}

/** One channel, as rows. */
const rowsOf = ({ width, height, data }: RgbImage, channel = 0) =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3 + channel]),
  );

const mean = (data: Uint8Array) => data.reduce((sum, v) => sum + v, 0) / data.length;
const side = (max: number) => fc.integer({ min: 1, max });
const resize = (source: RgbImage, width: number, height: number) =>
  new Resizer({ width, height }).resize(source);

describe('Resizer', () => {
  it('averages by area where it shrinks', () => {
    const source = image(4, 2, (x, y) => 10 * x + 100 * y);
    expect(rowsOf(resize(source, 2, 1))).toEqual([[55, 75]]);
  });

  it('counts a source pixel by how much of it is covered', () => {
    const source = image(3, 1, (x) => [0, 90, 240][x]!);
    expect(rowsOf(resize(source, 2, 1))).toEqual([[30, 190]]);
  });

  it('is bilinear where it grows', () => {
    const source = image(2, 1, (x) => 100 * x);
    expect(rowsOf(resize(source, 4, 1))).toEqual([[0, 25, 75, 100]]);
  });

  it('can shrink one axis and grow the other', () => {
    const source = image(4, 1, (x) => 10 * x);
    expect(rowsOf(resize(source, 2, 2))).toEqual([
      [5, 25],
      [5, 25],
    ]);
  });

  it('keeps the channels apart', () => {
    const source = image(4, 4, (_x, _y, c) => [10, 130, 250][c]!);
    const small = resize(source, 2, 2);
    expect([0, 1, 2].map((c) => rowsOf(small, c)[0]![0])).toEqual([10, 130, 250]);
  });

  it('gives a picture of the right size back as it is', () => {
    const source = image(3, 3, () => 1);
    expect(resize(source, 3, 3)).toBe(source);
  });

  it('can be used for one source size after another', () => {
    const resizer = new Resizer({ width: 2, height: 1 });
    resizer.resize(image(9, 9, () => 200));
    expect(rowsOf(resizer.resize(image(4, 2, (x, y) => 10 * x + 100 * y)))).toEqual([[55, 75]]);
  });

  it('keeps the aspect ratio between black bars where that is asked for', () => {
    const resizer = new Resizer({ width: 8, height: 6, keepsRatio: true });
    const fitted = (width: number, height: number) => {
      const rows = rowsOf(resizer.resize(image(width, height, () => 200)));
      return rows.map((row) => row.map((value) => (value === 200 ? '#' : value === 0 ? '.' : '?')).join(''));
    };
    expect(fitted(1280, 640)).toEqual(['........', ...Array(4).fill('########'), '........']);
    expect(fitted(300, 600)).toEqual(Array(6).fill('..###...'));
    expect(fitted(640, 480)).toEqual(Array(6).fill('########'));
    expect(fitted(4, 3)).toEqual(Array(6).fill('########'));
  });

  it('keeps a constant picture constant', () => {
    fc.assert(
      fc.property(
        side(60),
        side(60),
        side(60),
        side(60),
        fc.integer({ min: 0, max: 255 }),
        (...[w, h, W, H, v]) => {
          const { data } = resize(
            image(w, h, () => v),
            W,
            H,
          );
          expect(data.length).toBe(W * H * 3);
          expect(data.every((x) => x === v)).toBe(true);
        },
      ),
    );
  });

  it('preserves the mean where it shrinks', () => {
    const shrink = fc
      .tuple(side(60), side(60))
      .chain(([w, h]) => fc.tuple(fc.constant(w), fc.constant(h), side(w), side(h), fc.integer()));
    fc.assert(
      fc.property(shrink, ([w, h, W, H, seed]) => {
        let random = seed >>> 0;
        const noise = () => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
        const source = image(w, h, noise);
        expect(Math.abs(mean(resize(source, W, H).data) - mean(source.data))).toBeLessThanOrEqual(0.51);
      }),
    );
  });
});
