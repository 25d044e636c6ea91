import type { VideoSource } from '#modules/contracts';
import { RED, tablePicture } from '../testing/table.js';
import { FrameViews } from './views.js';

const SIZE = { width: 192, height: 192 };

function setUp() {
  let ids = 0;
  const views = new FrameViews({ intervalMs: 1000 }, SIZE, { next: (prefix) => `${prefix}_${++ids}` });
  /** Offers a table with one disc, and says what became of it. */
  const offer = (source: VideoSource, ptsMs: number, cell: number) => {
    const image = tablePicture([{ cell, color: RED, diameter: 0.2 }]);
    const outcome = views.offer({ source, image, ptsMs, arrivedAtMs: ptsMs });
    return outcome.kind === 'drop' ? outcome.reason : outcome.segment.source;
  };
  return { views, offer };
}

describe('camera and screen', () => {
  it('are each compared with what they showed themselves', () => {
    const { offer } = setUp();
    expect([offer('camera', 0, 0), offer('screen', 400, 0), offer('camera', 2000, 0)]).toEqual([
      'camera',
      'screen',
      'duplicate',
    ]);
  });

  it('give together as many frames as one of them may, while both show something new', () => {
    const { offer } = setUp();
    const kept = { camera: 0, screen: 0 };
    for (let n = 0; n < 40; n += 1) {
      if (offer('camera', n * 1000, n % 9) === 'camera') kept.camera += 1;
      if (offer('screen', n * 1000 + 300, (n + 4) % 9) === 'screen') kept.screen += 1;
    }
    expect(kept.camera + kept.screen).toBeLessThanOrEqual(42);
    expect(Math.min(kept.camera, kept.screen)).toBeGreaterThanOrEqual(19);
  });

  it('leave each other all frames where one of them stands still', () => {
    const { offer } = setUp();
    let kept = 0;
    for (let n = 0; n < 40; n += 1) {
      if (offer('camera', n * 1000, n % 9) === 'camera') kept += 1;
      offer('screen', n * 1000 + 300, 0);
    }
    // Beside the screen's first picture the camera had half for a while.
    expect(kept).toBeGreaterThanOrEqual(37);
  });

  it('are given less together where there is less', () => {
    const { views, offer } = setUp();
    views.share(4000, { width: 96, height: 96 });
    const kept = [0, 1000, 2000, 3000, 4000].map((ms, n) => offer('camera', ms, n));
    expect(kept).toEqual(['camera', 'paced', 'paced', 'paced', 'camera']);
  });

  it('are forgotten one by one', () => {
    const { views, offer } = setUp();
    offer('camera', 0, 0);
    offer('screen', 0, 0);
    views.forget('screen');
    expect([offer('camera', 9000, 0), offer('screen', 9000, 0)]).toEqual(['duplicate', 'screen']);
    views.forget();
    expect([offer('camera', 19_000, 0), offer('screen', 19_000, 0)]).toEqual(['camera', 'screen']);
  });
});
