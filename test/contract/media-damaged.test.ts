/**
 * Damaged files and frames through the real decoder: each gives a picture or a coded error, and the process that asked stays.
 * MUTANTS raises their number; SEED changes them.
 */
import { readdirSync, readFileSync } from 'node:fs';

import { jest } from '@jest/globals';
import { MediaService } from '#modules/media';
import { parseIvf } from '@vis-a-vis/client/node';

import { VideoDecoder } from '../../modules/media/infra/video/video-decoder.js';
import { accessUnits } from '../support/h264.js';
import { mediaFixture } from '../support/media-call.js';
import { mutated, randomOf } from '../support/mutate.js';
import { png } from '../support/png.js';

const MUTANTS = Number(process.env['MUTANTS'] ?? 25);
const SEED = Number(process.env['SEED'] ?? 1);
jest.setTimeout(20_000 + MUTANTS * 400);

const random = randomOf(SEED);
const WANTS = ['key', 'newest', 'reference'] as const;
const fixture = (name: string) => readFileSync(mediaFixture(name));
const images = readdirSync(mediaFixture('images')).map((name) => [name, fixture(`images/${name}`)] as const);
const palette = png({
  width: 40,
  height: 30,
  colourType: 3,
  depth: 4,
  pixel: (x, y) => [(x + y) & 15],
  chunks: [
    ['PLTE', Uint8Array.from({ length: 48 }, (_, i) => i * 5)],
    ['tRNS', Uint8Array.of(0, 128)],
  ],
});
const interlaced = png({
  width: 33,
  height: 21,
  colourType: 6,
  depth: 16,
  interlaced: true,
  pixel: (x, y) => [x, y, 9, 99],
});

describe('still images', () => {
  const service = new MediaService({});
  afterAll(() => service.onModuleDestroy());

  test.each([...images, ['palette.png', palette], ['interlaced.png', interlaced]] as const)(
    '%s',
    async (_name, file) => {
      const seen = new Map<string, number>();
      for (let n = 0; n < MUTANTS; n += 1) {
        const result = await service.decodeImage(mutated(file, random)).then(
          ({ width, height, data }) => (data.length === width * height * 3 ? 'picture' : 'half a picture'),
          (error: { code?: string }) => error.code ?? 'no coded error',
        );
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }
      expect([...seen.keys()].filter((result) => result !== 'picture' && result !== 'bad_image')).toEqual([]);
      await expect(service.decodeImage(palette)).resolves.toMatchObject({ width: 40, height: 30 });
    },
  );

  test('none of them ended the decoder', () => expect(service.stats().decodersEnded).toBe(0));
});

describe('live frames', () => {
  const ended: string[] = [];
  const decoder = new VideoDecoder({ onLost: (why) => ended.push(why) });
  afterAll(() => decoder.close());

  const START = [0, 0, 0, 1];
  const h264 = (name: string) =>
    accessUnits(fixture(name)).map((units) => Uint8Array.from(units.flatMap((unit) => [...START, ...unit])));
  const vp8 = (name: string) => parseIvf(fixture(name)).frames.map(({ data }) => Uint8Array.from(data));

  test.each([
    ['vp8', vp8('colours.vp8.ivf')],
    ['h264', h264('colours.h264')],
    ['h264', h264('streams/intra-refresh.h264')],
    ['h264', h264('streams/two-slices-high.h264')],
  ] as const)('%s', async (codec, frames) => {
    const track = decoder.openTrack(codec, 384);
    for (let n = 0; n < MUTANTS * 8; n += 1) {
      const frame = frames[n % Math.min(frames.length, 20)] ?? new Uint8Array(0);
      // Mostly whole frames between the damaged ones: the decoder must be in the middle of something.
      const data = random() < 0.5 ? frame : mutated(frame, random);
      const result = await track.decode(data, WANTS[Math.floor(random() * 3)] ?? 'key');
      expect(result === 'undecodable' || result.decodeMs >= 0).toBe(true);
    }
    expect(await track.decode(frames[0] ?? new Uint8Array(0), 'key')).toMatchObject({
      image: { data: expect.any(Uint8Array) },
    });
    track.close();
  });

  test('none of them ended the decoder', () => expect(ended).toEqual([]));
});
