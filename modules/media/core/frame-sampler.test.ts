import { FrameSampler, type SampleDecision } from './frame-sampler.js';

interface Stream {
  fps: number;
  seconds: number;
  key: (n: number) => boolean;
  lost?: (n: number) => boolean;
}

function run(sampler: FrameSampler, stream: Stream): SampleDecision[] {
  const decisions: SampleDecision[] = [];
  for (let n = 0; n < stream.fps * stream.seconds; n += 1) {
    const atMs = (n * 1000) / stream.fps;
    if (stream.lost?.(n)) continue;
    sampler.onArrival(atMs);
    const frame = { key: stream.key(n), continuous: !stream.lost?.(n - 1) };
    decisions.push(sampler.decide(frame, atMs, sampler.slow(atMs) ? 'slow' : 'sampled'));
  }
  return decisions;
}

const count = (decisions: SampleDecision[], what: SampleDecision) =>
  decisions.filter((d) => d === what).length;

describe('FrameSampler', () => {
  test('of a usual stream only key frames are decoded', () => {
    const decisions = run(new FrameSampler(1000), { fps: 30, seconds: 10, key: (n) => n % 30 === 0 });
    expect(count(decisions, 'picture')).toBe(10);
    expect(count(decisions, 'reference')).toBe(0);
  });

  test('of a stream of key frames, one an interval', () => {
    expect(
      count(run(new FrameSampler(1000), { fps: 30, seconds: 10, key: () => true }), 'picture'),
    ).toBeLessThanOrEqual(12);
  });

  test('a stream of one frame a second is decoded whole, and needs no key frame', () => {
    const sampler = new FrameSampler(1000);
    const decisions = run(sampler, { fps: 1, seconds: 20, key: (n) => n === 0 || n === 5 });
    expect(decisions.slice(5).every((d) => d === 'picture')).toBe(true);
    expect(sampler.slow(20_000)).toBe(true);
    expect(sampler.broken).toBe(false);
  });

  test('a slow stream between pictures is decoded for reference', () => {
    const decisions = run(new FrameSampler(1000), { fps: 2, seconds: 20, key: (n) => n === 8 });
    expect(decisions.slice(9, 12)).toEqual(['reference', 'picture', 'reference']);
  });

  test('a loss in a slow stream breaks it until a key frame', () => {
    const sampler = new FrameSampler(1000);
    const decisions = run(sampler, {
      fps: 1,
      seconds: 12,
      key: (n) => n === 4 || n === 9,
      lost: (n) => n === 6,
    });
    expect(decisions.slice(4)).toEqual([
      'picture',
      'picture',
      'skip',
      'skip',
      'picture',
      'picture',
      'picture',
    ]);
  });

  test('after an undecodable picture the next key frame counts', () => {
    const sampler = new FrameSampler(1000);
    sampler.decide({ key: true, continuous: true }, 0, 'sampled');
    sampler.onUndecodable();
    expect(sampler.broken).toBe(true);
    expect(sampler.decide({ key: true, continuous: true }, 100, 'sampled')).toBe('picture');
  });

  test('a stream that is followed gives a picture an interval, from any frame that it is joined at', () => {
    const sampler = new FrameSampler(1000);
    const decide = (key: boolean, atMs: number, continuous = true) =>
      sampler.decide({ key, continuous }, atMs, 'followed');
    expect(decide(false, 0)).toBe('skip');
    sampler.rejoin();
    expect([100, 200, 1200, 1300].map((atMs) => decide(false, atMs))).toEqual([
      'picture',
      'reference',
      'picture',
      'reference',
    ]);
    expect(decide(false, 2300, false)).toBe('skip');
    expect(decide(false, 2400)).toBe('skip');
    expect(decide(true, 2500)).toBe('picture');
  });

  test('a frame that gave no picture leaves its interval without one', () => {
    const sampler = new FrameSampler(1000);
    expect(sampler.decide({ key: true, continuous: true }, 0, 'followed')).toBe('picture');
    sampler.onNoPicture();
    expect(sampler.decide({ key: false, continuous: true }, 33, 'followed')).toBe('picture');
  });
});
