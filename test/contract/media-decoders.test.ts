/** The fakes of modules/media/testing are held to what the real decoders do. */
import { readFileSync } from 'node:fs';

import type { OpusDecoder } from '../../modules/media/core/ports.js';
import { openOpusDecoder } from '../../modules/media/infra/opus/opus-decoder.js';
import { VideoDecoder } from '../../modules/media/infra/video/video-decoder.js';
import { FakeOpusDecoder, FakeVideoDecoder } from '../../modules/media/testing/fake-decoders.js';
import { parseIvf, readAudio } from '@vis-a-vis/client/node';
import { mediaFixture } from '../support/media-call.js';

const MALFORMED = Uint8Array.of(0x9b, 0x83, 0xff, 0xff);

describe.each<[string, () => Promise<OpusDecoder>, Uint8Array]>([
  ['libopus', openOpusDecoder, MALFORMED],
  ['the fake', () => Promise.resolve(new FakeOpusDecoder()), Uint8Array.of(0x98, 0xff)],
])('Opus: %s', (_name, open, bad) => {
  let decoder: OpusDecoder;
  let packet: Uint8Array;
  beforeEach(async () => {
    decoder = await open();
    packet = (await readAudio(mediaFixture('question.opus'))).packets[20] ?? new Uint8Array(0);
  });
  afterEach(() => decoder.free());

  test('20 ms are 320 samples', () => expect(decoder.decode(packet)).toHaveLength(320));
  test('a bad packet is null, and the next one is decoded', () => {
    expect(decoder.decode(bad)).toBeNull();
    expect(decoder.decode(packet)).toHaveLength(320);
  });
  test('loss is made up for, in the length asked for', () => {
    decoder.decode(packet);
    expect(decoder.conceal(1920)).toHaveLength(640);
    expect(decoder.recover(packet, 960)).toHaveLength(320);
  });
  test('after a reset another stream is decoded', () => {
    decoder.decode(packet);
    decoder.reset();
    expect(decoder.decode(packet)).toHaveLength(320);
  });
  test('after free there is nothing, free may be repeated, and so may reset', () => {
    decoder.free();
    decoder.free();
    decoder.reset();
    expect(decoder.decode(packet)).toBeNull();
  });
});

test('libopus decodes what comes after a reset as a new decoder does', async () => {
  const { packets } = await readAudio(mediaFixture('question.opus'));
  const [used, fresh] = [await openOpusDecoder(), await openOpusDecoder()];
  for (const packet of packets.slice(20, 40)) used.decode(packet);
  used.reset();
  let [difference, level] = [0, 0];
  for (const packet of packets.slice(10, 30)) {
    const [one, other] = [used.decode(packet) ?? [], fresh.decode(packet) ?? []];
    for (const [at, sample] of other.entries()) {
      difference += (sample - (one[at] ?? 0)) ** 2;
      level += sample ** 2;
    }
  }
  expect(level).toBeGreaterThan(0);
  expect(difference / level).toBeLessThan(0.001);
  used.free();
  fresh.free();
});

test.each([10, 20, 40, 60])('libopus decodes packets of %d ms', async (ms) => {
  const { createEncoder } = await import('libopus-wasm');
  const encoder = await createEncoder({ sampleRate: 48_000, channels: 2, frameSize: 48 * ms });
  const decoder = await openOpusDecoder();
  expect(decoder.decode(encoder.encodeFloat(new Float32Array(2 * 48 * ms)))).toHaveLength(16 * ms);
  encoder.free();
  decoder.free();
});

describe('video', () => {
  const { frames } = parseIvf(readFileSync(mediaFixture('colours.vp8.ivf')));
  const key = () => Uint8Array.from(frames[0]?.data ?? []);
  const delta = () => Uint8Array.from(frames[1]?.data ?? []);
  const real = new VideoDecoder();
  afterAll(() => real.close());

  describe.each([
    ['libav', () => real.openTrack('vp8', 384)],
    ['the fake', () => new FakeVideoDecoder()],
  ])('%s', (_name, open) => {
    test('a key frame is a picture; for reference it is none', async () => {
      const track = open();
      expect(await track.decode(key(), 'key')).toMatchObject({ image: { data: expect.any(Uint8Array) } });
      expect(await track.decode(delta(), 'reference')).toMatchObject({ image: null });
      track.close();
    });
    test('junk is undecodable, and the track goes on', async () => {
      const track = open();
      expect(await track.decode(new Uint8Array(50).fill(0xff), 'key')).toBe('undecodable');
      expect(await track.decode(key(), 'key')).toHaveProperty('image');
      track.close();
    });
    test('jobs are counted while they are under way', async () => {
      const track = open();
      const jobs = [track.decode(key(), 'key'), track.decode(delta(), 'newest')];
      expect(track.pending).toBeGreaterThan(0);
      await Promise.all(jobs);
      expect(track.pending).toBe(0);
      track.close();
    });
  });
});
