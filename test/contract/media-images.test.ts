/** Still images through the real decoder in its worker. */
import { readFileSync } from 'node:fs';

import { MediaService } from '#modules/media';

import { mediaFixture } from '../support/media-call.js';

let service: MediaService;
beforeAll(() => {
  service = new MediaService({ maxImageSide: 160, maxImageBytes: 100_000 });
});
afterAll(() => service.onModuleDestroy());

const png = readFileSync(mediaFixture('still.png'));
const jpg = readFileSync(mediaFixture('still.jpg'));

test.each([
  ['PNG', png, 'image/png'],
  ['JPEG', jpg, 'image/jpeg'],
])('%s is decoded and scaled to fit', async (_name, file, mime) => {
  const image = await service.decodeImage(file, mime);
  expect(image).toMatchObject({ width: 160, height: 120 });
  expect(image.data).toHaveLength(160 * 120 * 3);
});

test('both formats show the same picture', async () => {
  const [a, b] = await Promise.all([service.decodeImage(png), service.decodeImage(jpg)]);
  const difference =
    a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;
  expect(difference).toBeLessThan(5);
});

test.each([
  ['text', new TextEncoder().encode('no image'), undefined],
  ['nothing', new Uint8Array(0), undefined],
  ['a PNG that calls itself JPEG', png, 'image/jpeg'],
  ['a cut PNG', png.subarray(0, 60), undefined],
  ['a file over the limit', new Uint8Array(100_001), undefined],
  ['a picture of four gigapixels', hugePng(), undefined],
])('%s is refused', async (_name, file, mime) => {
  await expect(service.decodeImage(file, mime)).rejects.toMatchObject({ code: 'bad_image' });
});

function hugePng(): Uint8Array {
  const file = Uint8Array.from(png);
  new DataView(file.buffer).setUint32(16, 65_535);
  new DataView(file.buffer).setUint32(20, 65_535);
  return file;
}
