import { onCanvas, putOntoWhite, scaledDown, upright, type Orientation, type Pixels } from './pixels.js';

/** A picture of grey values, row by row. */
const grey = (rows: readonly (readonly number[])[]) => ({
  width: rows[0]?.length ?? 0,
  height: rows.length,
  data: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])),
});
const rowsOf = ({ width, height, data }: Pixels) =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => data[(y * width + x) * 3]),
  );

describe('upright', () => {
  /** How a picture that is to be seen as 1 2 3 / 4 5 6 is stored, by orientation. */
  const STORED: Record<Orientation, number[][]> = {
    1: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    2: [
      [3, 2, 1],
      [6, 5, 4],
    ],
    3: [
      [6, 5, 4],
      [3, 2, 1],
    ],
    4: [
      [4, 5, 6],
      [1, 2, 3],
    ],
    5: [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
    6: [
      [3, 6],
      [2, 5],
      [1, 4],
    ],
    7: [
      [6, 3],
      [5, 2],
      [4, 1],
    ],
    8: [
      [4, 1],
      [5, 2],
      [6, 3],
    ],
  };

  test.each(Object.entries(STORED))('%s', (orientation, stored) => {
    const seen = upright(grey(stored), Number(orientation) as Orientation);
    expect(rowsOf(seen)).toEqual(STORED[1]);
  });
});

test('transparent pixels become white, by how transparent they are', () => {
  const rgba = Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 51);
  putOntoWhite(rgba);
  expect([...rgba]).toEqual([10, 20, 30, 255, 255, 255, 255, 255, 204, 204, 204, 255]);
});

describe('a picture in its place', () => {
  const place = { x: 1, y: 1, width: 2, height: 1, canvas: { width: 4, height: 2 } };

  test('is put there, on white', () => {
    expect(rowsOf(onCanvas(grey([[7, 8]]), place))).toEqual([
      [255, 255, 255, 255],
      [255, 7, 8, 255],
    ]);
  });

  test.each([
    ['to the right', { ...place, x: 3 }, [255, 255, 255, 7]],
    ['wholly', { ...place, x: 9 }, [255, 255, 255, 255]],
  ])('what sticks out %s is cut off', (_name, out, row) => {
    expect(rowsOf(onCanvas(grey([[7, 8]]), out))[1]).toEqual(row);
    expect(rowsOf(onCanvas(grey([[7, 8]]), { ...out, y: 5 })).flat()).toEqual(Array(8).fill(255));
  });

  test('scales with its canvas, and never to nothing', () => {
    const wide = { x: 100, y: 0, width: 300, height: 1, canvas: { width: 1000, height: 10 } };
    expect(scaledDown(wide, 100)).toEqual({
      x: 10,
      y: 0,
      width: 30,
      height: 1,
      canvas: { width: 100, height: 1 },
    });
    expect(scaledDown(wide, 2000)).toEqual(wide);
  });
});
