import type { AudioFrame, VideoFrame } from '#modules/contracts';

import { FakeOpusDecoder, FakeVideoDecoder } from '../testing/fake-decoders.js';
import { MediaReceiver } from './receiver.js';
import type { AgreedVideo } from './ports.js';
import type { RtpIn } from './rtp.js';

const OPUS = 111;
const VP8 = 96;
const H264 = 102;
const settle = () => new Promise((resolve) => setImmediate(resolve));

const CAMERA: AgreedVideo = { source: 'camera', mid: '1', ssrcs: [], payloadTypes: [VP8, H264] };

/** A receiver with fake decoders, on a clock that is the number given. */
function setUp(videos: readonly AgreedVideo[] = [CAMERA]) {
  const audio: AudioFrame[] = [];
  const video: VideoFrame[] = [];
  const decoders: FakeVideoDecoder[] = [];
  const receiver = new MediaReceiver({
    opus: new FakeOpusDecoder(),
    openVideoDecoder: () => {
      const decoder = new FakeVideoDecoder();
      decoders.push(decoder);
      return decoder;
    },
    frameIntervalMs: 1000,
    onAudio: (frame) => audio.push(frame),
    onVideo: (frame) => video.push(frame),
    onDrop: () => undefined,
  });
  receiver.accept(
    new Map([
      [OPUS, 'opus'],
      [VP8, 'vp8'],
      [H264, 'h264'],
    ]),
    videos,
  );
  return { receiver, audio, video, decoders, drops: () => receiver.stats().drops };
}

/** The n-th 20 ms packet of the microphone. */
const mic = (n: number, over: Partial<RtpIn> = {}): RtpIn => ({
  ssrc: 1,
  payloadType: OPUS,
  sequenceNumber: n & 0xffff,
  timestamp: n * 960,
  marker: false,
  payload: Uint8Array.of(0x98, 64, 0),
  ...over,
});

/** The n-th frame of a 10 fps camera, in one packet; `value` is its picture. */
const cam = (n: number, key: boolean, value = 100, over: Partial<RtpIn> = {}): RtpIn => ({
  ssrc: 2,
  payloadType: VP8,
  sequenceNumber: n & 0xffff,
  timestamp: n * 9000,
  marker: true,
  payload: Uint8Array.of(0x10, key ? 0x50 : 0x51, value),
  ...over,
});

describe('audio', () => {
  test('arrives as 16 kHz frames, one after the other', () => {
    const { receiver, audio } = setUp();
    for (let n = 0; n < 3; n += 1) receiver.onRtp(mic(n), 1000 + n * 20);
    expect(audio.map((f) => [f.pcm.length, f.ptsMs, f.arrivedAtMs, f.concealed])).toEqual([
      [320, 1000, 1000, false],
      [320, 1020, 1020, false],
      [320, 1040, 1040, false],
    ]);
  });

  test('a reordered packet is put in its place', () => {
    const { receiver, audio } = setUp();
    [0, 2, 1, 3].forEach((n, at) => receiver.onRtp(mic(n), at * 20));
    expect(audio.map((f) => f.ptsMs)).toEqual([0, 20, 40, 60].map((ms) => expect.closeTo(ms, 0)));
    expect(audio.some((f) => f.concealed)).toBe(false);
  });

  test('a lost packet is recovered from the next one when its wait is over', () => {
    const { receiver, audio } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(2), 40);
    expect(audio).toHaveLength(1);
    receiver.tick(100);
    expect(audio).toHaveLength(3);
    expect(receiver.stats().audioMs.recovered).toBe(20);
  });

  test('an undecodable packet is counted and concealed', () => {
    const { receiver, audio, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(1, { payload: Uint8Array.of(0x98, 0xff, 0) }), 20);
    receiver.onRtp(mic(2), 40);
    expect(drops()).toEqual({ undecodable_audio: 1 });
    expect(audio.map((f) => f.concealed)).toEqual([false, true, false]);
  });

  test('a malformed packet is counted', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(mic(0, { payload: Uint8Array.of(0x9b, 0) }), 0);
    expect(drops()).toEqual({ malformed_payload: 1 });
  });

  test('more sound than time has passed for is not taken, and what comes in time after it is', () => {
    const { receiver, audio, drops } = setUp();
    const heardMs = () => audio.reduce((ms, f) => ms + f.pcm.length / 16, 0);
    // Sixty seconds of it in two.
    for (let n = 0; n < 3000; n += 1) receiver.onRtp(mic(n), (n * 2) / 3);
    expect(heardMs()).toBeGreaterThan(5000);
    expect(heardMs()).toBeLessThan(8000);
    expect(drops().too_fast).toBeGreaterThan(2500);
    const before = { heard: heardMs(), dropped: drops().too_fast };
    for (let n = 3000; n < 3100; n += 1) receiver.onRtp(mic(n), 2500 + (n - 3000) * 20);
    expect(drops().too_fast).toBe(before.dropped);
    expect(heardMs() - before.heard).toBeGreaterThan(1900);
  });

  test('what a stall of the network held is no sound that comes too fast', () => {
    const { receiver, audio, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    for (let n = 1; n < 400; n += 1) receiver.onRtp(mic(n), 8000);
    expect(drops()).toEqual({});
    expect(audio.length).toBeGreaterThanOrEqual(400);
  });

  test('in a pause of transmission silence goes on', () => {
    const { receiver, audio } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(1, { payload: Uint8Array.of(0x98) }), 20);
    for (let now = 20; now <= 420; now += 20) receiver.tick(now);
    expect(audio.length).toBeGreaterThan(15);
    receiver.onRtp(mic(21, { sequenceNumber: 2 }), 420);
    const ends = audio.map((f) => f.ptsMs + f.pcm.length / 16);
    expect(audio.slice(1).map((f) => f.ptsMs)).toEqual(ends.slice(0, -1).map((ms) => expect.closeTo(ms, 3)));
    expect(ends.at(-1)).toBeCloseTo(440);
  });
});

describe('packets', () => {
  test('duplicate', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(0), 1);
    expect(drops()).toEqual({ duplicate: 1 });
  });

  test('late', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(2), 40);
    receiver.tick(100);
    receiver.onRtp(mic(1), 101);
    expect(drops()).toEqual({ late: 1 });
  });

  test('discontinuity', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(1, { sequenceNumber: 30_000 }), 20);
    receiver.onRtp(mic(1), 20);
    expect(drops()).toEqual({ discontinuity: 1 });
  });

  test('unknown payload type', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(mic(0, { payloadType: 120 }), 0);
    expect(drops()).toEqual({ unknown_payload_type: 1 });
  });

  test('empty padding', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(cam(0, true, 1, { payload: new Uint8Array(0) }), 0);
    expect(drops()).toEqual({ empty_padding: 1 });
  });

  test('a second microphone is dropped while the first sends', () => {
    const { receiver, audio, drops } = setUp();
    for (let n = 0; n < 50; n += 1) {
      receiver.onRtp(mic(n), n * 20);
      receiver.onRtp(mic(n + 500, { ssrc: 9 }), n * 20 + 1);
      receiver.tick(n * 20 + 2);
    }
    expect(audio).toHaveLength(50);
    expect(drops().extra_stream).toBeGreaterThan(40);
  });

  test('a new SSRC is heard as soon as the one before it is over, from its first packet on', () => {
    const { receiver, audio, drops } = setUp();
    for (let n = 0; n < 10; n += 1) receiver.onRtp(mic(n), n * 20);
    for (let n = 10; n < 30; n += 1) {
      receiver.onRtp(mic(n + 500, { ssrc: 9, payload: Uint8Array.of(0x98, 9, 0) }), n * 20);
      receiver.tick(n * 20);
    }
    expect(drops()).toEqual({});
    expect(audio).toHaveLength(30);
    expect(audio.slice(1).map((f) => f.ptsMs)).toEqual(audio.slice(0, -1).map((f) => f.ptsMs + 20));
  });

  test('a camera that is replaced is taken when the one before it has stopped', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(cam(0, true), 0);
    receiver.onRtp(cam(0, true, 1, { ssrc: 9 }), 500);
    expect(drops()).toEqual({ extra_stream: 1 });
    receiver.onRtp(cam(1, true, 1, { ssrc: 9 }), 1500);
    expect(receiver.stats().keyFrames).toBe(2);
  });

  test('what is not played counts in the numbering, and holds nothing up', () => {
    const { receiver, audio, video, drops } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(mic(1, { payloadType: 101 }), 10);
    receiver.onRtp(mic(2, { payload: new Uint8Array(0) }), 15);
    receiver.onRtp(mic(1, { sequenceNumber: 3 }), 20);
    expect(audio.map((f) => f.concealed)).toEqual([false, false]);
    receiver.onRtp(cam(0, true), 0);
    receiver.onRtp(cam(1, false, 0, { payload: new Uint8Array(0), timestamp: 0 }), 1);
    receiver.onRtp(cam(1, true, 7, { sequenceNumber: 2 }), 100);
    expect(receiver.stats().keyFrames).toBe(2);
    expect(video).toEqual([]);
    expect(drops()).toEqual({ unknown_payload_type: 1, empty_padding: 2 });
    expect(receiver.tick(1000).reports.map((r) => r.packetsLost)).toEqual([0, 0]);
  });
});

describe('video', () => {
  test('one picture an interval, asked for', async () => {
    const { receiver, video } = setUp();
    let asked = 0;
    for (let n = 0; n < 50; n += 1) {
      const key = receiver.tick(n * 100).keyFramesOf.includes(2);
      if (key) asked += 1;
      receiver.onRtp(cam(n, key || n === 0, n), n * 100);
      await settle();
    }
    expect(video.map((f) => f.ptsMs)).toEqual(
      [0, 1000, 2000, 3000, 4000].map((ms) => expect.closeTo(ms, -2)),
    );
    expect(asked).toBe(4);
    expect(receiver.stats()).toMatchObject({
      decodedFrames: 5,
      keyFrames: 5,
      keyFrameRequests: 4,
      decodeMs: 1,
    });
  });

  test('an undecodable frame is counted, asked for again, and the stream goes on', async () => {
    const { receiver, video, drops } = setUp();
    receiver.onRtp(cam(0, true, 0xff), 0);
    await settle();
    expect(drops()).toEqual({ undecodable: 1 });
    expect(receiver.tick(20).keyFramesOf).toEqual([2]);
    receiver.onRtp(cam(1, true, 5), 100);
    await settle();
    expect(video.map((f) => f.image.data[0])).toEqual([5]);
  });

  test('a damaged key frame is counted and asked for again', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(cam(0, true, 1, { marker: false }), 0);
    receiver.onRtp(cam(2, false, 1, { timestamp: 0, payload: Uint8Array.of(0, 1) }), 1);
    receiver.tick(130);
    expect(drops()).toEqual({ damaged_frame: 1 });
  });

  test('a malformed payload is counted', () => {
    const { receiver, drops } = setUp();
    receiver.onRtp(cam(0, true, 1, { payload: Uint8Array.of(0x90) }), 0);
    expect(drops()).toEqual({ malformed_payload: 1 });
  });

  test('an oversized frame is counted', () => {
    const { receiver, drops } = setUp();
    const payload = new Uint8Array(2_000_010).fill(0x10);
    receiver.onRtp(cam(0, true, 1, { payload }), 0);
    expect(drops()).toEqual({ oversized_frame: 1 });
  });

  test('a decoder that is behind sheds frames', async () => {
    const { receiver, video, decoders, drops } = setUp();
    receiver.onRtp(cam(0, true), 0);
    await settle();
    const [decoder] = decoders;
    if (!decoder) throw new Error('no decoder was opened');
    decoder.stalled = true;
    for (let n = 1; n <= 4; n += 1) receiver.onRtp(cam(n * 10, true, n, { sequenceNumber: n }), n * 1000);
    expect(drops()).toEqual({ decoder_busy: 1 });
    decoder.resume();
    await settle();
    expect(video).toHaveLength(4);
  });

  test('a sender may change its codec', async () => {
    const { receiver, video, decoders } = setUp();
    receiver.onRtp(cam(0, true, 1), 0);
    receiver.onRtp(
      cam(10, true, 1, { sequenceNumber: 1, payloadType: H264, payload: Uint8Array.of(0x65, 2) }),
      1000,
    );
    await settle();
    expect(video.map((f) => f.image.data[0])).toEqual([1, 2]);
    expect(decoders.map((d) => d.closed)).toEqual([true, false]);
  });

  test('nothing comes after close', async () => {
    const { receiver, video, decoders } = setUp();
    receiver.onRtp(cam(0, true), 0);
    receiver.close();
    await settle();
    expect(video).toEqual([]);
    expect(decoders[0]?.closed).toBe(true);
  });
});

describe('feedback', () => {
  test('reports each second, caps the rate each half second', () => {
    const { receiver } = setUp();
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(cam(0, true), 0);
    const sent = Array.from({ length: 101 }, (_, n) => receiver.tick(n * 20));
    expect(sent.filter((f) => f.reports.length === 2)).toHaveLength(3);
    expect(sent.filter((f) => f.capOf.includes(2))).toHaveLength(5);
  });

  test('sender reports tie the camera to the microphone', async () => {
    const { receiver, video } = setUp();
    receiver.onRtp(mic(0), 1000);
    receiver.onRtp(cam(0, false), 1300);
    receiver.onSenderReport({ ssrc: 1, ntpMs: 50_000, compactNtp: 1, rtpTimestamp: 0 }, 1300);
    receiver.onSenderReport({ ssrc: 2, ntpMs: 50_000, compactNtp: 1, rtpTimestamp: 0 }, 1300);
    receiver.onRtp(cam(1, true), 1400);
    await settle();
    expect(video[0]?.ptsMs).toBeCloseTo(1100);
  });
});

describe('a screen beside the camera', () => {
  const SCREEN: AgreedVideo = { source: 'screen', mid: '2', ssrcs: [], payloadTypes: [VP8] };
  const screen = (n: number, key: boolean, value = 200, over: Partial<RtpIn> = {}) =>
    cam(n, key, value, { ssrc: 3, mid: '2', ...over });
  const seen = (video: readonly VideoFrame[]) =>
    video.map(({ source, image }) => `${source} ${image.data[0] ?? ''}`);

  test('is seen beside it, each once an interval, and both are asked for', async () => {
    const { receiver, video, drops } = setUp([CAMERA, SCREEN]);
    const asked: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      const { keyFramesOf } = receiver.tick(n * 100);
      asked.push(...keyFramesOf);
      receiver.onRtp(cam(n, n === 0 || keyFramesOf.includes(2), 1, { mid: '1' }), n * 100);
      receiver.onRtp(screen(n, n === 0 || keyFramesOf.includes(3), 2), n * 100 + 50);
      await settle();
    }
    expect(seen(video)).toEqual(['camera 1', 'screen 2', 'camera 1', 'screen 2', 'camera 1', 'screen 2']);
    expect([2, 3].map((ssrc) => asked.filter((one) => one === ssrc).length)).toEqual([2, 2]);
    expect(drops()).toEqual({});
  });

  test('is reported of and capped as the camera is', () => {
    const { receiver } = setUp([CAMERA, SCREEN]);
    receiver.onRtp(mic(0), 0);
    receiver.onRtp(cam(0, true, 1, { mid: '1' }), 0);
    receiver.onRtp(screen(0, true), 0);
    const { reports, capOf } = receiver.tick(0);
    expect(reports.map(({ ssrc }) => ssrc)).toEqual([1, 2, 3]);
    expect(capOf).toEqual([2, 3]);
  });

  test('asks for the mid of a packet of video until it is known', () => {
    const { receiver } = setUp([CAMERA, { ...SCREEN, ssrcs: [7] }]);
    expect([mic(0), cam(0, true), cam(0, true, 1, { ssrc: 7 })].map((p) => receiver.asksMid(p))).toEqual([
      false,
      true,
      false,
    ]);
    receiver.onRtp(cam(0, true, 1, { mid: '1' }), 0);
    expect(receiver.asksMid(cam(1, false))).toBe(false);
  });

  test('that was taken for the camera, before its mid came, is not for long', async () => {
    const { receiver, video, decoders, drops } = setUp([CAMERA, SCREEN]);
    receiver.onRtp(screen(0, false, 1, { mid: null }), 0);
    receiver.onRtp(screen(1, true, 2), 100);
    receiver.onRtp(cam(1, true, 1, { mid: '1' }), 100);
    await settle();
    expect(seen(video)).toEqual(['screen 2', 'camera 1']);
    expect(drops()).toEqual({});
    expect(decoders.map(({ closed }) => closed)).toEqual([true, false, false]);
  });

  test('is one: further streams are dropped, whatever they call themselves', () => {
    const { receiver, decoders, drops } = setUp([CAMERA, SCREEN]);
    receiver.onRtp(cam(0, true, 1, { mid: '1' }), 0);
    receiver.onRtp(screen(0, true), 0);
    for (let n = 0; n < 200; n += 1)
      receiver.onRtp(cam(0, true, 1, { ssrc: 100 + n, mid: ['1', '2', '3'][n % 3] ?? null }), 10);
    expect(drops()).toEqual({ extra_stream: 200 });
    expect(decoders).toHaveLength(2);
  });

  test('ends and begins by another offer, and the camera goes on', async () => {
    const { receiver, video, decoders, drops } = setUp([CAMERA, SCREEN]);
    const types = new Map([[VP8, 'vp8' as const]]);
    receiver.onRtp(cam(0, true, 1, { mid: '1' }), 0);
    receiver.onRtp(screen(0, true, 2), 0);
    await settle();
    receiver.accept(types, [CAMERA]);
    receiver.onRtp(screen(1, true, 3), 1000);
    receiver.onRtp(cam(10, true, 4, { sequenceNumber: 1 }), 1000);
    await settle();
    expect(drops()).toEqual({ extra_stream: 1 });
    expect(receiver.tick(1000).reports.map(({ ssrc }) => ssrc)).toEqual([2]);
    receiver.accept(types, [CAMERA, SCREEN]);
    receiver.onRtp(screen(20, true, 5), 2000);
    await settle();
    expect(seen(video)).toEqual(['camera 1', 'screen 2', 'camera 4', 'screen 5']);
    expect(decoders.map(({ closed }) => closed)).toEqual([false, true, false]);
  });

  test('may be all that there is, whatever tells of it', async () => {
    const { receiver, video } = setUp([SCREEN]);
    receiver.onRtp(screen(0, true, 2, { mid: null }), 0);
    await settle();
    expect(seen(video)).toEqual(['screen 2']);
  });

  test('has a clock of its own, tied to the microphone by its reports', async () => {
    const { receiver, video } = setUp([CAMERA, SCREEN]);
    receiver.onRtp(mic(0), 1000);
    receiver.onRtp(screen(0, false), 1300);
    receiver.onSenderReport({ ssrc: 1, ntpMs: 50_000, compactNtp: 1, rtpTimestamp: 0 }, 1300);
    receiver.onSenderReport({ ssrc: 3, ntpMs: 50_000, compactNtp: 1, rtpTimestamp: 0 }, 1300);
    receiver.onRtp(screen(1, true), 1400);
    await settle();
    expect(video[0]?.ptsMs).toBeCloseTo(1100);
  });
});

test('without a video that flows none is seen', () => {
  const { receiver, decoders, drops } = setUp([]);
  receiver.onRtp(cam(0, true), 0);
  expect([drops(), decoders]).toEqual([{ extra_stream: 1 }, []]);
});
