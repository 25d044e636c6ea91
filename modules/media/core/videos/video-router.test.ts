import type { AgreedVideo } from '../ports.js';
import { VideoRouter } from './video-router.js';

const VP8 = 96;
const H264 = 102;
const CAMERA: AgreedVideo = { source: 'camera', mid: '1', ssrcs: [], payloadTypes: [VP8] };
const SCREEN: AgreedVideo = { source: 'screen', mid: '2', ssrcs: [], payloadTypes: [VP8] };

function setUp(...videos: AgreedVideo[]) {
  const router = new VideoRouter();
  router.agree(videos);
  const of = (ssrc: number, mid: string | null = null, payloadType = VP8) =>
    router.sourceOf({ ssrc, payloadType, mid });
  return { router, of };
}

describe('a packet of two videos', () => {
  test('is told by its SSRC, where the offer declares it', () => {
    const { router, of } = setUp({ ...CAMERA, ssrcs: [10, 11] }, { ...SCREEN, ssrcs: [20] });
    expect([of(10), of(11), of(20)]).toEqual(['camera', 'camera', 'screen']);
    expect([10, 11, 20, 30].map((ssrc) => router.asksMid(ssrc))).toEqual([false, false, false, true]);
  });

  test('is the first one’s where both declare its SSRC', () => {
    const { of } = setUp({ ...CAMERA, ssrcs: [10] }, { ...SCREEN, ssrcs: [10] });
    expect(of(10)).toBe('camera');
  });

  test('is told by its mid, and the others of its SSRC with it', () => {
    const { router, of } = setUp(CAMERA, SCREEN);
    expect([of(20, '2'), of(20), of(10, '1'), of(10)]).toEqual(['screen', 'screen', 'camera', 'camera']);
    expect(router.asksMid(20)).toBe(false);
  });

  test('is told by a payload type that one of them alone has', () => {
    const { router, of } = setUp(CAMERA, { ...SCREEN, payloadTypes: [VP8, H264] });
    expect(of(20, null, H264)).toBe('screen');
    // It may tell more yet.
    expect(router.asksMid(20)).toBe(true);
  });

  test('is the camera’s where nothing tells, until something does', () => {
    const { of } = setUp(CAMERA, SCREEN);
    expect([of(20), of(20, '2'), of(20)]).toEqual(['camera', 'screen', 'screen']);
  });

  test('is nobody’s where its mid is that of a section which does not flow', () => {
    const { of } = setUp(CAMERA, SCREEN);
    expect([of(30, '3'), of(30)]).toEqual([null, null]);
  });
});

test('of one video nothing has to be told', () => {
  const { router, of } = setUp(SCREEN);
  expect([of(1), of(2, null, H264), router.asksMid(1)]).toEqual(['screen', 'screen', false]);
});

test('of no video nothing is anybody’s', () => {
  expect(setUp().of(1)).toBeNull();
});

describe('another offer', () => {
  test('leaves what was declared before, and is on its way, with its own section', () => {
    const { router, of } = setUp({ ...CAMERA, ssrcs: [10] }, { ...SCREEN, ssrcs: [20] });
    router.agree([{ ...SCREEN, ssrcs: [20] }]);
    expect([of(10), of(20), of(30)]).toEqual([null, 'screen', 'screen']);
  });

  test('leaves a stream that plays what it was, although nothing declares it', () => {
    const { router, of } = setUp(SCREEN);
    expect(of(7)).toBe('screen');
    router.agree([CAMERA, SCREEN], new Map([[7, 'screen']]));
    expect([of(7), of(8)]).toEqual(['screen', 'camera']);
  });

  test('may say that a section is something else', () => {
    const { router, of } = setUp({ ...CAMERA, ssrcs: [10] });
    router.agree([{ ...SCREEN, mid: '1', ssrcs: [10] }]);
    expect(of(10)).toBe('screen');
  });
});

test('a sender that changes its SSRC again and again fills nothing', () => {
  const { router, of } = setUp(CAMERA, SCREEN);
  for (let ssrc = 0; ssrc < 10_000; ssrc += 1) of(ssrc, '2');
  expect([router.asksMid(9_999), router.asksMid(9_000)]).toEqual([false, true]);
});
