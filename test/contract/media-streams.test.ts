/** Live streams through the receiver and libav's real decoder; the clock is an argument, so nothing waits for it. */
import { readFileSync } from 'node:fs';

import type { VideoFrame } from '#modules/contracts';
import { parseIvf } from '@vis-a-vis/client/node';

import type { DropReason } from '../../modules/media/core/drops.js';
import { MediaClock, TrackClock } from '../../modules/media/core/rtp-clock.js';
import { VideoReceiver } from '../../modules/media/core/video-receiver.js';
import { VideoDecoder } from '../../modules/media/infra/video/video-decoder.js';
import type { VideoCodec } from '../../modules/media/core/ports.js';
import { accessUnits, fragments, isSet, stapA } from '../support/h264.js';
import { mediaFixture } from '../support/media-call.js';
import { av1Payloads, ivfFrames, vp9Payloads } from '../support/payloads.js';

const decoder = new VideoDecoder();
afterAll(() => decoder.close());

const stream = (name: string) => accessUnits(readFileSync(mediaFixture(`streams/${name}.h264`)));
const refresh = stream('intra-refresh');
const setsOf = (units: readonly (readonly Uint8Array[])[]) => (units[0] ?? []).filter(isSet);

/** A receiver, and a sender of payloads on a clock of its own. */
function setUp(codec: VideoCodec, parameterSets: readonly Uint8Array[] = []) {
  const pictures: VideoFrame[] = [];
  const drops: Partial<Record<DropReason, number>> = {};
  const session = new MediaClock();
  const clock = new TrackClock(90_000);
  session.anchorTo(clock);
  let pending = () => 0;
  const receiver = new VideoReceiver({
    source: 'camera',
    codecOf: () => codec,
    openDecoder: () => {
      const track = decoder.openTrack(codec, 384, parameterSets);
      pending = () => track.pending;
      return track;
    },
    clock,
    session,
    intervalMs: 1000,
    onVideo: (frame) => pictures.push(frame),
    onDrop: (reason, count) => (drops[reason] = (drops[reason] ?? 0) + count),
    counts: { keyFrames: 0, decodedFrames: 0, decodeMs: 0, keyFrameRequests: 0 },
  });
  let sequenceNumber = 0;
  /** Sends one frame and moves the clock on to it. @param lost which of its packets does not come */
  const send = async (payloads: readonly Uint8Array[], atMs: number, lost = -1) => {
    receiver.tick(atMs);
    for (const [i, payload] of payloads.entries()) {
      if (i === lost) {
        sequenceNumber += 1;
        continue;
      }
      const marker = i === payloads.length - 1;
      const timestamp = Math.round(atMs * 90);
      receiver.push(
        { ssrc: 1, payloadType: 96, sequenceNumber: sequenceNumber++, timestamp, marker, payload },
        atMs,
      );
    }
    do await new Promise((resolve) => setTimeout(resolve, 1));
    while (pending() > 0);
  };
  return { pictures, drops, send, skip: () => (sequenceNumber += 1) };
}

const units = (au: readonly Uint8Array[]) => au.flatMap((unit) => fragments(unit, 500));
const redness = ({ image }: VideoFrame) => {
  let red = 0;
  for (let at = 0; at < image.data.length; at += 3)
    if ((image.data[at] ?? 0) > 150 && (image.data[at + 1] ?? 255) < 110) red += 1;
  return red / (image.width * image.height);
};
/** The square covers a fifth of the picture. */
const SQUARE = (61 * 61) / (160 * 120);
const expectWhole = (pictures: readonly VideoFrame[]) => {
  for (const picture of pictures) expect(redness(picture)).toBeCloseTo(SQUARE, 1);
};

describe('H264 without key frames after the first', () => {
  test('is seen from the first on', async () => {
    const { pictures, drops, send } = setUp('h264');
    for (let n = 0; n < 180; n += 1) await send(units(refresh[n % refresh.length] ?? []), n * 33.3);
    expect(pictures.length).toBeGreaterThanOrEqual(5);
    expectWhole(pictures);
    expect(drops).toEqual({});
  });

  test('joined in its midst, is seen once a cycle is over', async () => {
    const { pictures, drops, send } = setUp('h264', setsOf(refresh));
    for (let n = 7; n < 90; n += 1) await send(units((refresh[n] ?? []).filter((u) => !isSet(u))), n * 33.3);
    // A second until the sender counts as one that does not answer, and a cycle of 20 frames.
    expect(pictures.length).toBeGreaterThanOrEqual(1);
    expect(pictures[0]?.ptsMs).toBeLessThan(2300);
    expectWhole(pictures);
    expect(drops).toEqual({});
  });

  test('after a loss shows nothing that is damaged', async () => {
    const { pictures, send, skip } = setUp('h264');
    for (let n = 0; n < 90; n += 1) {
      if (n === 45) skip();
      else await send(units(refresh[n] ?? []), n * 33.3);
    }
    expect(pictures.length).toBeGreaterThanOrEqual(2);
    expectWhole(pictures);
  });
});

test('two slices a picture, High profile, aggregates and fragments in one stream', async () => {
  const { pictures, drops, send } = setUp('h264');
  const high = stream('two-slices-high');
  for (const [n, au] of high.entries()) {
    const sets = au.filter(isSet);
    const slices = au.filter((unit) => !isSet(unit));
    await send(
      [...(sets.length > 0 ? [stapA(sets)] : []), ...slices.flatMap((u) => fragments(u, 200))],
      n * 250,
    );
  }
  expect(pictures).toHaveLength(3);
  expectWhole(pictures);
  expect(drops).toEqual({});
});

test('with B frames, which the decoder holds back for', async () => {
  const { pictures, drops, send } = setUp('h264');
  // Of 30 fps and a key frame a second only those are decoded.
  const aus = stream('b-frames');
  for (let n = 0; n < 60; n += 1) await send(units((n % 30 === 0 ? aus[0] : aus[1]) ?? []), n * 33.3);
  expect(pictures).toHaveLength(2);
  expectWhole(pictures);
  // Decoded whole, it goes on from its key frame.
  for (let n = 0; n < 12; n += 1) await send(units(aus[n] ?? []), 5000 + n * 500);
  expect(pictures.length).toBeGreaterThanOrEqual(6);
  expectWhole(pictures);
  expect(drops).toEqual({});
});

test('a stream that changes its size in the middle', async () => {
  const { pictures, drops, send } = setUp('h264');
  const larger = stream('larger');
  const order = [refresh[0], larger[0], refresh[0], larger[0]];
  for (const [n, au] of order.entries()) await send(units(au ?? []), n * 1000);
  expect(pictures.map(({ image }) => image.width)).toEqual([160, 320, 160, 320]);
  expect(drops).toEqual({});
});

test('VP8 that changes its size in the middle', async () => {
  const { pictures, drops, send } = setUp('vp8');
  const clips = ['colours', 'testsrc'].map(
    (name) => parseIvf(readFileSync(mediaFixture(`${name}.vp8.ivf`))).frames,
  );
  for (let n = 0; n < 4; n += 1) {
    const data = clips[n % 2]?.[0]?.data ?? new Uint8Array(0);
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < data.length; at += 1000)
      payloads.push(Uint8Array.of(at === 0 ? 0x10 : 0, ...data.subarray(at, at + 1000)));
    await send(payloads, n * 1000);
  }
  expect(pictures).toHaveLength(4);
  expect(drops).toEqual({});
});

test('frames without a byte, and VP8 of a single one, cost nothing but themselves', async () => {
  const { pictures, drops, send } = setUp('vp8');
  const { frames } = parseIvf(readFileSync(mediaFixture('colours.vp8.ivf')));
  await send([Uint8Array.of(0x10)], 0);
  await send([Uint8Array.of(0x10, 0x10)], 33);
  const key = frames[0]?.data ?? new Uint8Array(0);
  await send([Uint8Array.of(0x10, ...key)], 1000);
  expect(pictures).toHaveLength(1);
  expect(drops).toEqual({ malformed_payload: 1, undecodable: 1 });
});

describe.each([
  ['vp9', (frame: Uint8Array, n: number) => vp9Payloads(frame, n, 150)],
  ['av1', (frame: Uint8Array) => av1Payloads(frame, 150)],
] as const)('%s', (codec, payloadsOf) => {
  const frames = ivfFrames(readFileSync(mediaFixture(`streams/square.${codec}.ivf`)));
  const keyEvery = 6;

  test('its key frames are seen', async () => {
    const { pictures, drops, send } = setUp(codec);
    for (let n = 0; n < 60; n += 1) await send(payloadsOf(frames[n % 12]!, n), n * 200);
    expect(frames).toHaveLength(12);
    expect(pictures.length).toBeGreaterThanOrEqual(9);
    expectWhole(pictures);
    expect(drops).toEqual({});
  });

  test('a slow stream is decoded whole from one key frame', async () => {
    const { pictures, drops, send } = setUp(codec);
    for (let n = 0; n < 12; n += 1) {
      const frame = frames[n % keyEvery]!;
      if (n < keyEvery) await send(payloadsOf(frame, n), n * 1000);
    }
    expect(pictures.length).toBeGreaterThanOrEqual(3);
    expectWhole(pictures);
    expect(drops).toEqual({});
  });

  test('a key frame that lost a packet is none, and the next is seen', async () => {
    const { pictures, drops, send } = setUp(codec);
    const whole = payloadsOf(frames[0]!, 0);
    expect(whole.length).toBeGreaterThan(2);
    await send(whole, 0, 1);
    await send(payloadsOf(frames[1]!, 1), 400);
    await send(payloadsOf(frames[keyEvery]!, keyEvery), 2000);
    expect(pictures).toHaveLength(1);
    expectWhole(pictures);
    expect(drops).toEqual({ damaged_frame: 1 });
  });
});
