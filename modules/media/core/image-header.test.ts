import { readFileSync } from 'node:fs';

import { readImageHeader } from './image-header.js';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../test/fixtures/media/${name}`, import.meta.url));

describe('readImageHeader', () => {
  test('PNG', () => {
    expect(readImageHeader(fixture('still.png'))).toEqual({ format: 'png', width: 320, height: 240 });
  });

  test('JPEG', () => {
    expect(readImageHeader(fixture('still.jpg'))).toEqual({ format: 'jpeg', width: 320, height: 240 });
  });

  test.each([
    ['lossy.webp', 'webp'],
    ['lossless.webp', 'webp'],
    ['transparent.webp', 'webp'],
    ['moving.webp', 'webp'],
    ['still.gif', 'gif'],
    ['progressive.jpg', 'jpeg'],
  ])('%s', (name, format) => {
    expect(readImageHeader(fixture(`images/${name}`))).toEqual({ format, width: 25, height: 17 });
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('this is not an image at all')],
    ['a cut PNG', fixture('still.png').subarray(0, 12)],
    ['a cut WebP', fixture('images/lossy.webp').subarray(0, 25)],
    ['a cut GIF', fixture('images/still.gif').subarray(0, 9)],
    ['a RIFF file of another kind', new TextEncoder().encode('RIFF....WAVEfmt and some more bytes here')],
    ['a JPEG cut before its size', fixture('still.jpg').subarray(0, 10)],
  ])('%s is neither', (_name, bytes) => {
    expect(readImageHeader(bytes)).toBeNull();
  });
});
