import type { VideoFrame } from '#modules/contracts';

import { FakeVideoDecoder } from '../testing/fake-decoders.js';
import type { DropReason } from './drops.js';
import { MediaClock, TrackClock } from './rtp-clock.js';
import { VideoReceiver } from './video-receiver.js';

const VP8 = 96;
const H264 = 102;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A receiver with fake decoders, and a sender of one packet a frame on a clock that is an argument. */
function setUp(payloadType: number, parameterSets: readonly Uint8Array[] = []) {
  const pictures: VideoFrame[] = [];
  const drops: Partial<Record<DropReason, number>> = {};
  const decoders: FakeVideoDecoder[] = [];
  const session = new MediaClock();
  const clock = new TrackClock(90_000);
  session.anchorTo(clock);
  const receiver = new VideoReceiver({
    source: 'camera',
    codecOf: (type) => (type === H264 ? 'h264' : 'vp8'),
    openDecoder: () => {
      const decoder = new FakeVideoDecoder();
      decoder.parameterSets = parameterSets;
      decoders.push(decoder);
      return decoder;
    },
    clock,
    session,
    intervalMs: 1000,
    onVideo: (frame) => pictures.push(frame),
    onDrop: (reason, count) => (drops[reason] = (drops[reason] ?? 0) + count),
    counts: { keyFrames: 0, decodedFrames: 0, decodeMs: 0, keyFrameRequests: 0 },
  });
  let sequenceNumber = 0;
  const send = (payload: readonly number[], atMs: number, over: { marker?: boolean; type?: number } = {}) =>
    receiver.push(
      {
        ssrc: 1,
        payloadType: over.type ?? payloadType,
        sequenceNumber: sequenceNumber++,
        timestamp: Math.round(atMs * 90),
        marker: over.marker ?? true,
        payload: Uint8Array.from(payload),
      },
      atMs,
    );
  const lose = () => (sequenceNumber += 1);
  const decoded = () => decoders.reduce((sum, decoder) => sum + decoder.given.length, 0);
  return { receiver, pictures, drops, decoders, decoded, send, lose };
}

const vp8 = (key: boolean, value = 1) => [0x10, key ? 0x50 : 0x51, value];
const idr = (value = 1) => [0x65, 0x88, value];
const slice = (value = 1) => [0x61, 0x9a, value];

interface Run {
  readonly fps?: number;
  readonly fromMs?: number;
  readonly seconds: number;
  /** Sends the n-th frame. */
  readonly frame: (n: number, atMs: number) => void;
  /** Called where the receiver asks for a key frame. */
  readonly asked?: (atMs: number) => void;
}

async function run(
  receiver: VideoReceiver,
  { fps = 30, fromMs = 0, seconds, frame, asked }: Run,
): Promise<void> {
  let n = 0;
  for (let now = fromMs; now < fromMs + seconds * 1000; now += 10) {
    if (now - fromMs >= (n * 1000) / fps) frame(n++, now);
    if (now % 20 === 0 && receiver.tick(now)) asked?.(now);
    await settle();
  }
}

const gaps = (pictures: readonly VideoFrame[]) =>
  pictures.slice(1).map((picture, i) => picture.ptsMs - (pictures[i]?.ptsMs ?? 0));

describe('a sender that ignores requests', () => {
  test('gives a picture a second all the same, decoded on from its last key frame', async () => {
    const { receiver, pictures, drops, send } = setUp(VP8);
    await run(receiver, { seconds: 20, frame: (n, at) => send(vp8(n % 240 === 0, n % 250), at) });
    expect(pictures.length).toBeGreaterThanOrEqual(19);
    expect(Math.max(...gaps(pictures))).toBeLessThan(1100);
    expect(Math.min(...gaps(pictures))).toBeGreaterThan(950);
    expect(drops).toEqual({});
  });

  test('every frame from the key frame on is given to the decoder, none twice', async () => {
    const { receiver, decoders, send } = setUp(VP8);
    await run(receiver, { seconds: 5, frame: (n, at) => send(vp8(n === 0, n), at) });
    expect(decoders[0]?.given.map((g) => g.data.at(-1))).toEqual(
      Array.from({ length: decoders[0]?.given.length ?? 0 }, (_, n) => n),
    );
    expect(decoders[0]?.given.length).toBeGreaterThan(140);
  });

  test('after a loss VP8 waits for the next key frame, and goes on from there', async () => {
    const { receiver, pictures, drops, send, lose } = setUp(VP8);
    const frame = (n: number, at: number) => (n === 150 ? lose() : send(vp8(n % 240 === 0), at));
    await run(receiver, { seconds: 16, frame });
    const seconds = new Set(pictures.map((p) => Math.floor(p.ptsMs / 1000)));
    expect([1, 2, 3, 4, 9, 10, 15].every((s) => seconds.has(s))).toBe(true);
    expect([6, 7].some((s) => seconds.has(s))).toBe(false);
    expect(drops).toEqual({});
  });

  test('with key frames each two seconds is followed too', async () => {
    const { receiver, pictures, send } = setUp(VP8);
    await run(receiver, { seconds: 20, frame: (n, at) => send(vp8(n % 60 === 0), at) });
    expect(pictures.length).toBeGreaterThanOrEqual(17);
  });

  test('that begins to answer is sampled again', async () => {
    const { receiver, decoded, send } = setUp(VP8);
    let wanted = false;
    let at0 = 0;
    const frame = (n: number, at: number) => {
      send(vp8(n === 0 || wanted), at);
      wanted = false;
    };
    const asked = (atMs: number) => (wanted = atMs > 8000);
    await run(receiver, { seconds: 45, frame, asked });
    at0 = decoded();
    await run(receiver, { fromMs: 45_000, seconds: 10, frame: (_, at) => frame(1, at), asked });
    expect(decoded() - at0).toBeLessThan(13);
  });

  test('whose frames the decoder is too slow for is sampled again, and told of', async () => {
    const { receiver, decoders, drops, send } = setUp(VP8);
    await run(receiver, { seconds: 3, frame: (n, at) => send(vp8(n === 0), at) });
    const [decoder] = decoders;
    if (!decoder) throw new Error('no decoder');
    decoder.stalled = true;
    await run(receiver, { fromMs: 3000, seconds: 2, frame: (_, at) => send(vp8(false), at) });
    expect(drops.decoder_busy).toBeGreaterThan(10);
    decoder.resume();
    await settle();
    const before = decoder.given.length;
    await run(receiver, { fromMs: 5000, seconds: 5, frame: (n, at) => send(vp8(n === 0), at) });
    expect(decoder.given.length - before).toBeLessThanOrEqual(1);
  });

  test('whose frames take too much of a core is sampled again', async () => {
    const { receiver, decoders, drops, send } = setUp(VP8);
    await run(receiver, { seconds: 1, frame: (n, at) => send(vp8(n === 0), at) });
    for (const decoder of decoders) decoder.decodeMs = 20;
    await run(receiver, { fromMs: 1000, seconds: 6, frame: (_, at) => send(vp8(false), at) });
    expect(drops.decoder_busy).toBe(1);
  });
});

describe('a sender that answers', () => {
  test('is sampled: nothing but one key frame a second is decoded', async () => {
    const { receiver, pictures, decoded, send } = setUp(VP8);
    let wanted = true;
    const frame = (_: number, at: number) => {
      send(vp8(wanted), at);
      wanted = false;
    };
    await run(receiver, { seconds: 20, frame, asked: () => (wanted = true) });
    expect(pictures.length).toBeGreaterThanOrEqual(19);
    expect(decoded()).toBe(pictures.length);
  });
});

describe('without a key frame', () => {
  test('VP8 that never has one is told of once, and asked ever more rarely', async () => {
    const { receiver, pictures, drops, decoded, send } = setUp(VP8);
    let asked = 0;
    await run(receiver, { seconds: 30, frame: (_, at) => send(vp8(false), at), asked: () => (asked += 1) });
    expect(drops).toEqual({ no_key_frame: 1 });
    expect(pictures).toEqual([]);
    expect(decoded()).toBe(0);
    expect(asked).toBeLessThan(12);
  });

  const SETS = [Uint8Array.of(0x67, 66, 0, 30, 0x80), Uint8Array.of(0x68, 0x80)];

  test('H264 is joined in its midst, with the parameter sets that are known', async () => {
    const { receiver, pictures, decoders, send } = setUp(H264, SETS);
    await run(receiver, { seconds: 6, frame: (n, at) => send(slice(n), at) });
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    expect([...(decoders.at(-1)?.given[0]?.data ?? [])].slice(0, 6)).toEqual([0, 0, 0, 1, 0x67, 66]);
    expect([...(decoders.at(-1)?.given[1]?.data ?? [])].slice(0, 5)).toEqual([0, 0, 0, 1, 0x61]);
  });

  test('H264 after a loss is joined again by a decoder that knows nothing of before', async () => {
    const { receiver, decoders, send, lose } = setUp(H264, SETS);
    await run(receiver, { seconds: 6, frame: (n, at) => (n === 120 ? lose() : send(slice(n), at)) });
    expect(decoders.map((decoder) => decoder.closed)).toEqual([true, true, false]);
    expect(decoders.at(-1)?.given[0]?.data[4]).toBe(0x67);
  });

  test('H264 without parameter sets is told of, and nothing is decoded', async () => {
    const { receiver, drops, decoded, send } = setUp(H264);
    await run(receiver, { seconds: 10, frame: (_, at) => send(slice(), at) });
    expect(drops).toEqual({ no_key_frame: 1 });
    expect(decoded()).toBe(0);
  });

  test('H264 that is refused each time is joined no more often than each two seconds', async () => {
    const { receiver, drops, send } = setUp(H264, SETS);
    await run(receiver, { seconds: 12, frame: (_, at) => send(slice(0xff), at) });
    expect(drops.undecodable).toBeLessThanOrEqual(12);
  });
});

describe('parameter sets', () => {
  const sps = [0x67, 66, 0, 30, 0x80];
  const pps = [0x68, 0x80];
  const START = [0, 0, 0, 1];

  test.each([
    ['a time and a marker of their own', 10, true],
    ['the key frame’s time, and a marker', 0, true],
    ['the key frame’s time', 0, false],
  ])('with %s are given to the decoder with the key frame', async (_name, earlierMs, marker) => {
    const { receiver, pictures, drops, decoders, send } = setUp(H264);
    for (let n = 0; n < 3; n += 1) {
      const at = 1000 + n * 1000;
      send(sps, at - earlierMs, { marker: false });
      send(pps, at - earlierMs, { marker });
      send(idr(n), at);
      receiver.tick(at);
      await settle();
    }
    expect(pictures).toHaveLength(3);
    expect(drops).toEqual({});
    for (const { data } of decoders[0]?.given ?? [])
      expect([...data].slice(0, 18)).toEqual([...START, ...sps, ...START, ...pps, ...START.slice(0, 3)]);
  });

  test('before the first key frame alone are given with every later one', async () => {
    const { pictures, decoders, send } = setUp(H264);
    send(sps, 0, { marker: false });
    send(pps, 0, { marker: false });
    for (let n = 0; n < 3; n += 1) {
      send(idr(n), n * 1000);
      await settle();
    }
    expect(pictures).toHaveLength(3);
    expect(decoders[0]?.given.every(({ data }) => data[4] === 0x67)).toBe(true);
  });
});

test('padding after each picture makes none late, and is no codec change', async () => {
  const { receiver, pictures, drops, decoders, send } = setUp(VP8);
  await run(receiver, {
    seconds: 5,
    frame: (n, at) => {
      send(vp8(n % 30 === 0), at);
      for (let k = 0; k < 3; k += 1) send([], at, { marker: false, type: 77 });
    },
  });
  expect(pictures).toHaveLength(5);
  expect(pictures.every((p) => p.arrivedAtMs % 1000 === 0)).toBe(true);
  expect(drops).toEqual({});
  expect(decoders).toHaveLength(1);
});

test('a codec change in the middle needs a key frame, and asks for one', async () => {
  const { receiver, pictures, drops, decoders, send } = setUp(VP8);
  send(vp8(true, 1), 0);
  await settle();
  for (let n = 1; n < 10; n += 1) send(slice(n), n * 33, { type: H264 });
  send(idr(2), 1000, { type: H264 });
  await settle();
  expect(pictures.map((p) => p.image.data[0])).toEqual([1, 2]);
  expect(decoders.map((d) => d.given.length)).toEqual([1, 1]);
  expect(drops).toEqual({});
  receiver.close();
});

describe('between two pictures', () => {
  /** As the transport does it: what is not wanted is passed over. */
  function gated() {
    const it = setUp(VP8);
    let passed = 0;
    const frame = (key: boolean, atMs: number) => {
      if (!it.receiver.isShut(atMs)) return it.send(vp8(key), atMs);
      passed += 1;
      it.receiver.pass(Math.round(atMs * 90), atMs);
      return it.lose();
    };
    return { ...it, frame, passed: () => passed };
  }

  test('nothing is wanted of a sender whose key frames come when they are asked for', async () => {
    const { receiver, pictures, drops, decoded, frame, passed } = gated();
    let wanted = true;
    await run(receiver, {
      seconds: 20,
      frame: (_n, atMs) => {
        frame(wanted, atMs);
        wanted = false;
      },
      asked: () => (wanted = true),
    });
    expect(pictures.length).toBeGreaterThanOrEqual(19);
    expect(decoded()).toBe(pictures.length);
    expect(drops).toEqual({});
    // 600 frames, of which four seconds are looked at until the sender is trusted, and then a seventh.
    expect(passed()).toBeGreaterThan(350);
  });

  test('everything is wanted of a sender that does not answer', async () => {
    const { receiver, frame, passed } = gated();
    await run(receiver, { seconds: 20, frame: (n, atMs) => frame(n % 300 === 0, atMs) });
    expect(passed()).toBe(0);
  });

  test('a sender that stops answering is followed from its next key frame on', async () => {
    const { receiver, pictures, frame } = gated();
    let wanted = true;
    const answering = {
      seconds: 10,
      frame: (_n: number, atMs: number) => {
        frame(wanted, atMs);
        wanted = false;
      },
      asked: () => (wanted = true),
    };
    await run(receiver, answering);
    await run(receiver, { fromMs: 10_000, seconds: 20, frame: (n, atMs) => frame(n === 90, atMs) });
    const late = pictures.filter(({ ptsMs }) => ptsMs > pictures[0]!.ptsMs + 14_000);
    expect(late.length).toBeGreaterThanOrEqual(14);
  });

  test('a stream that becomes slow is decoded whole', async () => {
    const { receiver, pictures, frame } = gated();
    let wanted = true;
    const sender = {
      frame: (_n: number, atMs: number) => {
        frame(wanted, atMs);
        wanted = false;
      },
      asked: () => (wanted = true),
    };
    await run(receiver, { seconds: 10, ...sender });
    await run(receiver, { fromMs: 10_000, seconds: 15, fps: 2, ...sender });
    expect(
      gaps(pictures)
        .slice(-8)
        .every((ms) => ms <= 1050),
    ).toBe(true);
    expect(receiver.isShut(24_990)).toBe(false);
  });
});
