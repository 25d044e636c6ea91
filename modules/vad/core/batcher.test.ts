import { WindowBatcher, type WindowJob } from './batcher.js';
import type { ModelRow, VadModel } from './model-port.js';

/**
 * Probability: the first sample of the input (context), plus ten times the first new sample, plus a hundred times the
 * number of windows that the row's state has seen.
 */
class CountingModel implements VadModel {
  readonly windowSamples = 2;
  readonly contextSamples = 1;
  readonly stateFloats = 1;
  readonly batches: number[] = [];
  duringRun: () => void = () => undefined;

  async run(rows: readonly ModelRow[]): Promise<Float32Array> {
    this.batches.push(rows.length);
    await Promise.resolve();
    this.duringRun();
    return Float32Array.from(rows, ({ input, state }) => {
      const p = (input[0] ?? NaN) + 10 * (input[1] ?? NaN) + 100 * (state[0] ?? NaN);
      state[0] = (state[0] ?? NaN) + 1;
      return p;
    });
  }

  release = () => Promise.resolve();
}

const job = (stream: number, samples: number[], reset = false): WindowJob => ({
  stream,
  pcm: Float32Array.from(samples),
  reset,
});

describe('WindowBatcher', () => {
  const setUp = (maxBatch = 8) => {
    const model = new CountingModel();
    return { model, batcher: new WindowBatcher(model, maxBatch) };
  };

  it('runs one window of each stream together, and the windows of a stream in order', async () => {
    const { model, batcher } = setUp();
    [job(1, [1, 2]), job(1, [3, 4]), job(2, [5, 6])].forEach((j) => batcher.push(j));
    expect(await batcher.step()).toEqual([
      { stream: 1, p: 10 },
      { stream: 2, p: 50 },
    ]);
    expect(batcher.idle).toBe(false);
    // Context: the last sample of the window before; state: one window seen.
    expect(await batcher.step()).toEqual([{ stream: 1, p: 2 + 30 + 100 }]);
    expect(batcher.idle).toBe(true);
    expect(model.batches).toEqual([2, 1]);
  });

  it('takes turns when there are more streams than fit', async () => {
    const { batcher } = setUp(2);
    for (const stream of [1, 2, 3]) for (let i = 0; i < 2; i++) batcher.push(job(stream, [0, 0]));
    const served: number[][] = [];
    while (!batcher.idle) served.push((await batcher.step()).map((r) => r.stream));
    expect(served).toEqual([
      [1, 2],
      [3, 1],
      [2, 3],
    ]);
  });

  it('forgets context and state at a reset', async () => {
    const { batcher } = setUp();
    batcher.push(job(1, [1, 2]));
    batcher.push(job(1, [3, 4], true));
    await batcher.step();
    expect(await batcher.step()).toEqual([{ stream: 1, p: 30 }]);
  });

  it('forgets a closed stream and what it had waiting', async () => {
    const { batcher } = setUp();
    batcher.push(job(1, [1, 2]));
    batcher.push(job(2, [3, 4]));
    batcher.close(1);
    expect(await batcher.step()).toEqual([{ stream: 2, p: 30 }]);
    expect(batcher.streams).toBe(1);
  });

  it('lets streams come and go during a run', async () => {
    const { model, batcher } = setUp();
    batcher.push(job(1, [1, 2]));
    batcher.push(job(2, [3, 4]));
    model.duringRun = () => {
      batcher.close(1);
      batcher.push(job(3, [7, 8]));
      batcher.push(job(2, [5, 6]));
      model.duringRun = () => undefined;
    };
    expect(await batcher.step()).toEqual([{ stream: 2, p: 30 }]);
    expect(await batcher.step()).toEqual([
      { stream: 3, p: 70 },
      { stream: 2, p: 4 + 50 + 100 },
    ]);
  });

  it('does nothing when nothing waits', async () => {
    const { model, batcher } = setUp();
    expect(await batcher.step()).toEqual([]);
    expect(model.batches).toEqual([]);
  });
});
