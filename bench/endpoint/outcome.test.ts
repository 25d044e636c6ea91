import { bestOf, outcomeOf, pointOf, type Point, type Setting } from './outcome.js';

const said = { pcm: new Float32Array(0), pauseMs: 400, pauseAtMs: 800, endMs: 2000 };
const setting: Setting = { mode: 'server_vad', setting: 500, detection: { type: 'server_vad' } };

describe('the outcome of a question with a pause', () => {
  it.each([
    ['known behind its end', [2500], { cutOff: false, delayMs: 500 }],
    ['cut off, and then known', [1300, 2600], { cutOff: true, delayMs: 600 }],
    ['never known', [], { cutOff: false, delayMs: 10_000 }],
  ])('is %s', (_, committed, wanted) => {
    expect(outcomeOf(said, committed)).toEqual({ paused: true, ...wanted });
  });

  it('counts cut-offs among the paused, and delays of all', () => {
    const outcomes = [
      outcomeOf(said, [2100]),
      outcomeOf(said, [1300, 2400]),
      outcomeOf({ ...said, pauseMs: 0 }, [2700]),
    ];
    expect(pointOf(setting, outcomes)).toMatchObject({
      falseCutoffRate: 0.5,
      delayMs: { mean: 400, p50: 400, p95: 700 },
    });
  });
});

describe('the best setting', () => {
  const point = (mode: Point['mode'], falseCutoffRate: number, mean: number): Point => ({
    mode,
    setting: mean,
    falseCutoffRate,
    delayMs: { mean, p50: mean, p95: mean },
  });

  it('is the quickest on average of those that hardly cut off', () => {
    const curve = [
      point('server_vad', 0.3, 300),
      point('server_vad', 0.05, 1500),
      point('server_vad', 0, 2000),
    ];
    expect(bestOf(curve, 'server_vad')?.setting).toBe(1500);
    expect(bestOf(curve, 'semantic_vad')).toBeNull();
  });
});
