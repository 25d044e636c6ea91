import { VisavisError } from '#modules/contracts';
import { RED, tablePicture, type Disc } from '../testing/table.js';
import type { FrameOptions } from './options.js';
import { FramePipeline } from './pipeline.js';

const SIZE = { width: 192, height: 192 };
const disc = (cell: number): Disc => ({ cell, color: RED, diameter: 0.2 });

function setUp(options: Partial<FrameOptions> = {}) {
  let ids = 0;
  const pipeline = new FramePipeline({ intervalMs: 1000, ...options }, SIZE, {
    next: (prefix) => `${prefix}_${++ids}`,
  });
  /** Offers a table with one disc, and says what became of it. */
  const offer = (ptsMs: number, cell: number) => {
    const outcome = pipeline.offer({
      source: 'camera',
      image: tablePicture([disc(cell)]),
      ptsMs,
      arrivedAtMs: ptsMs,
    });
    return outcome.kind === 'drop' ? outcome.reason : outcome.segment.id;
  };
  return { pipeline, offer };
}

const broken = { width: 64, height: 64, data: new Uint8Array(64 * 64) };

describe('FramePipeline', () => {
  it('makes a segment of the size that the engine takes', () => {
    const { pipeline } = setUp();
    const outcome = pipeline.offer({
      source: 'camera',
      image: tablePicture([disc(0)]),
      ptsMs: 40,
      arrivedAtMs: 99,
    });
    expect(outcome).toMatchObject({ kind: 'segment', segment: { k: 'frame', id: 'frame_1', ptsMs: 40 } });
    expect(outcome.kind === 'segment' && outcome.segment.image).toMatchObject(SIZE);
  });

  it('drops as paced what comes before the interval is over', () => {
    const { offer } = setUp();
    expect([offer(0, 0), offer(500, 1), offer(1000, 2)]).toEqual(['frame_1', 'paced', 'frame_2']);
  });

  it('drops as duplicate what shows nothing new', () => {
    const { offer } = setUp();
    expect([offer(0, 0), offer(1000, 0), offer(2000, 1)]).toEqual(['frame_1', 'duplicate', 'frame_2']);
  });

  it.each([
    ['too few bytes', broken],
    ['a side too short', { width: 8, height: 64, data: new Uint8Array(8 * 64 * 3) }],
    ['a side too long', { width: 16, height: 8193, data: new Uint8Array(16 * 8193 * 3) }],
    ['a side that is not whole', { width: 16.5, height: 32, data: new Uint8Array(16.5 * 32 * 3) }],
  ])('drops as bad_size a picture with %s', (_why, image) => {
    const { pipeline, offer } = setUp();
    expect(pipeline.offer({ source: 'camera', image, ptsMs: 0, arrivedAtMs: 0 })).toEqual({
      kind: 'drop',
      reason: 'bad_size',
    });
    // It has not taken the place of the next one.
    expect(offer(10, 0)).toBe('frame_1');
  });

  it('keeps a picture that has not changed for too long', () => {
    const { offer } = setUp({ maxDuplicateRunMs: 3000 });
    const outcomes = [0, 1000, 2000, 3000, 4000].map((ms) => offer(ms, 0));
    expect(outcomes).toEqual(['frame_1', 'duplicate', 'duplicate', 'frame_2', 'duplicate']);
  });

  it('takes the same again for news where what was kept has been forgotten', () => {
    const { offer, pipeline } = setUp({});
    expect([offer(0, 0), offer(1000, 0)]).toEqual(['frame_1', 'duplicate']);
    pipeline.forget();
    expect([offer(2000, 0), offer(3000, 0)]).toEqual(['frame_2', 'duplicate']);
  });

  it('takes another threshold for duplicates', () => {
    const { offer } = setUp({ duplicateThreshold: 255 });
    expect([offer(0, 0), offer(1000, 1)]).toEqual(['frame_1', 'duplicate']);
  });

  it('fits single pictures without pacing or comparing them', () => {
    const { pipeline, offer } = setUp();
    offer(0, 0);
    for (let i = 0; i < 2; i++) expect(pipeline.fit(tablePicture([disc(0)]))).toMatchObject(SIZE);
    expect(offer(1000, 1)).toBe('frame_2');
  });

  it('refuses a single picture that is not well formed', () => {
    const { pipeline } = setUp();
    expect(() => pipeline.fit(broken)).toThrow(VisavisError);
    expect(() => pipeline.fit(broken)).toThrow(expect.objectContaining({ code: 'bad_image' }) as Error);
  });
});
