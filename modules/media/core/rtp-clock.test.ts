import { MediaClock, TrackClock } from './rtp-clock.js';

const feed = (clock: TrackClock, timestamp: number, arrivedAtMs: number) => {
  const extended = clock.extend(timestamp >>> 0);
  clock.observe(extended, arrivedAtMs);
  return extended;
};

describe('TrackClock', () => {
  test('the first packet is taken to have arrived without delay', () => {
    const clock = new TrackClock(48_000);
    expect(clock.toMs(feed(clock, 1234, 5000))).toBeCloseTo(5000);
  });

  test('time goes on with the RTP clock, whatever the jitter', () => {
    const clock = new TrackClock(48_000);
    feed(clock, 0, 5000);
    expect(clock.toMs(feed(clock, 960, 5055))).toBeCloseTo(5020);
    expect(clock.toMs(feed(clock, 1920, 5056))).toBeCloseTo(5040);
  });

  test('the offset creeps towards the smallest delay, so that times never go back', () => {
    const clock = new TrackClock(48_000);
    feed(clock, 0, 5100); // 100 ms late
    let before = 5100;
    for (let n = 1; n <= 100; n += 1) {
      const at = clock.toMs(feed(clock, n * 960, 5000 + n * 20));
      expect(at).toBeGreaterThan(before);
      before = at;
    }
    expect(before).toBeCloseTo(7000);
  });

  test('time stamps wrap without a jump', () => {
    const clock = new TrackClock(48_000);
    const first = feed(clock, 2 ** 32 - 480, 1000);
    const second = feed(clock, 480, 1020);
    expect(second - first).toBe(960);
    expect(clock.toMs(second)).toBeCloseTo(1020);
  });

  test('follows a sender whose clock runs fast', () => {
    const clock = new TrackClock(48_000);
    let ptsMs = 0;
    const minutes = 10;
    for (let n = 0; n < minutes * 3000; n += 1) ptsMs = clock.toMs(feed(clock, n * 960, n * 20 * 1.0002));
    expect(ptsMs).toBeGreaterThan(minutes * 60_000 * 1.0002 - 25);
    expect(ptsMs).toBeLessThan(minutes * 60_000 * 1.0002 + 5);
  });

  test('takes a reset of the sender over at once', () => {
    const clock = new TrackClock(48_000);
    feed(clock, 0, 1000);
    expect(clock.toMs(feed(clock, 960 * 1000, 1020))).toBeCloseTo(1020);
  });
});

describe('MediaClock', () => {
  /** Audio travels at once, video 300 ms: only sender reports can tell. */
  function tracks() {
    const audio = new TrackClock(48_000);
    const video = new TrackClock(90_000);
    const session = new MediaClock();
    session.anchorTo(audio);
    feed(audio, 0, 1000);
    const frame = feed(video, 0, 1300);
    return { audio, video, session, frame };
  }

  test('without reports every track is on its own arrivals', () => {
    const { video, session, frame } = tracks();
    expect(session.ptsMs(video, frame)).toBeCloseTo(1300);
  });

  test('with reports, sound and picture of one moment get one time', () => {
    const { audio, video, session, frame } = tracks();
    audio.onReport(77_000, 0);
    video.onReport(77_000, 0);
    expect(session.ptsMs(video, frame)).toBeCloseTo(1000);
  });

  test('reports that contradict arrivals are not believed', () => {
    const { audio, video, session, frame } = tracks();
    audio.onReport(77_000, 0);
    video.onReport(99_000, 0);
    expect(session.ptsMs(video, frame)).toBeCloseTo(1300);
  });

  test('reports that contradict each other are not believed, until two agree', () => {
    const { audio, video, session, frame } = tracks();
    audio.onReport(77_000, 0);
    video.onReport(77_000, 0);
    video.onReport(78_500, 90_000);
    expect(session.ptsMs(video, frame)).toBeCloseTo(1300);
    video.onReport(79_000, 180_000); // disagrees with the nonsense before it
    expect(session.ptsMs(video, frame)).toBeCloseTo(1300);
    video.onReport(80_000, 270_000);
    expect(session.ptsMs(video, frame)).toBeCloseTo(1000);
  });

  test('without audio, video stands on its own', () => {
    const video = new TrackClock(90_000);
    const session = new MediaClock();
    session.anchorTo(new TrackClock(48_000));
    expect(session.ptsMs(video, feed(video, 0, 400))).toBeCloseTo(400);
  });
});
