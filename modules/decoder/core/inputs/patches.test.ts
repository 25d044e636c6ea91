import { maxPatches, squareSide, squareTokens, toPatches } from './patches.js';

describe('patches', () => {
  it('have the sizes of a Gemma 4 processor', () => {
    const settings = { size: 16, pool: 3, maxTokens: 280 };
    expect(maxPatches(settings)).toBe(2520);
    expect(squareSide(settings)).toBe(768);
    expect(squareTokens(settings, 768)).toBe(256);
  });

  it('hold a picture row by row, then nothing', () => {
    const settings = { size: 1, pool: 2, maxTokens: 2 };
    const planes = Float32Array.from({ length: 12 }, (_, at) => at);
    const { patches, positions } = toPatches(planes, 2, settings);
    expect([...patches]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, ...Array(12).fill(0)]);
    expect([...positions]).toEqual([0, 0, 1, 0, 0, 1, 1, 1, ...Array(8).fill(-1)]);
  });
});
