import { checkImage, toPlanes } from './pixels.js';

const image = { width: 2, height: 1, data: Uint8Array.of(0, 255, 51, 255, 0, 102) };

describe('toPlanes', () => {
  it('makes a plane a colour, normalised', () => {
    const planes = [...toPlanes(image, [0.5, 0.5, 0.5], [0.5, 0.5, 0.25])];
    [-1, 1, 1, -1, (0.2 - 0.5) / 0.25, (0.4 - 0.5) / 0.25].forEach((value, index) =>
      expect(planes[index]).toBeCloseTo(value, 5),
    );
  });
});

describe('checkImage', () => {
  it('takes a picture of the right size', () => {
    expect(() => checkImage(image, { width: 2, height: 1 })).not.toThrow();
  });

  it.each([
    ['another size', { ...image, width: 1 }],
    ['too few bytes', { ...image, data: new Uint8Array(5) }],
  ])('refuses %s', (_, bad) => {
    expect(() => checkImage(bad, { width: 2, height: 1 })).toThrow(
      expect.objectContaining({ code: 'bad_image' }),
    );
  });
});
