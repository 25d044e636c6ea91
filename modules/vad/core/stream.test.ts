import { WindowedStream, type SpeechProbability, type VadDropReason } from './stream.js';

/** A stream of 32 ms windows whose sink notes the resets and can be switched off. */
function setUp(maxQueuedMs = 1000, answers = false) {
  const submitted: boolean[] = [];
  const results: SpeechProbability[] = [];
  const drops: [VadDropReason, number][] = [];
  const sink = {
    taking: true,
    submit(_pcm: Float32Array, reset: boolean) {
      if (sink.taking) submitted.push(reset);
      return sink.taking;
    },
    close: () => undefined,
    ...(answers && { answer: (p: number) => queueMicrotask(() => stream.deliver(p)) }),
  };
  const stream: WindowedStream = new WindowedStream(
    { windowSamples: 512, maxQueuedMs },
    { onProbability: (r) => results.push(r), onDrop: (reason, samples) => drops.push([reason, samples]) },
    sink,
  );
  return { stream, sink, submitted, results, drops };
}

const window = () => new Float32Array(512);

describe('WindowedStream', () => {
  it('resets the model at the start and at a jump only', () => {
    const { stream, submitted } = setUp();
    stream.push(window(), 0);
    stream.push(window(), 32);
    stream.push(window(), 64 + 101);
    stream.push(window(), 64 + 101 + 32);
    expect(submitted).toEqual([true, false, true, false]);
  });

  it('drops windows on overload, and resets the model when they leave a long hole', () => {
    const { stream, submitted, results, drops } = setUp(64);
    for (let i = 0; i < 6; i++) stream.push(window(), 32 * i);
    expect(drops).toEqual(Array(4).fill(['overload', 512]));
    stream.deliver(0.1);
    stream.push(window(), 32 * 6);
    stream.deliver(0.2);
    stream.deliver(0.3);
    expect(submitted).toEqual([true, false, true]);
    expect(results.map((r) => [r.ptsMs, r.p])).toEqual([
      [0, 0.1],
      [32, 0.2],
      [192, 0.3],
    ]);
  });

  it('keeps the model going over a short hole', () => {
    const { stream, submitted, drops } = setUp(32);
    stream.push(window(), 0);
    stream.push(window(), 32);
    stream.deliver(0.5);
    stream.push(window(), 64);
    expect(drops).toEqual([['overload', 512]]);
    expect(submitted).toEqual([true, false]);
  });

  it('drops windows while there is no worker', () => {
    const { stream, sink, drops, submitted } = setUp();
    sink.taking = false;
    stream.push(window(), 0);
    expect(drops).toEqual([['unavailable', 512]]);
    sink.taking = true;
    stream.push(window(), 32);
    expect(submitted).toEqual([true]);
  });

  it('drops what a lost worker had, and starts the model anew', () => {
    const { stream, submitted, results, drops } = setUp();
    stream.push(window(), 0);
    stream.push(window(), 32);
    stream.workerLost();
    expect(drops).toEqual([['worker_lost', 1024]]);
    stream.push(window(), 64);
    stream.deliver(0.7);
    expect(submitted).toEqual([true, false, true]);
    expect(results).toEqual([{ ptsMs: 64, endMs: 96, p: 0.7, windowMs: 32 }]);
  });

  it('drops a chunk without a time', () => {
    const { stream, drops } = setUp();
    stream.push(window(), NaN);
    expect(drops).toEqual([['bad_audio', 512]]);
  });

  it('asks no more once silence has settled, answers for itself, and goes on with the first sound', async () => {
    const { stream, submitted, results } = setUp(1000, true);
    const push = (n: number, level = 0) => stream.push(window().fill(level), 32 * n);
    for (let n = 0; n < 8; n++) {
      push(n, 0.0009);
      stream.deliver(0.02);
    }
    push(8);
    expect(results).toHaveLength(8);
    await Promise.resolve();
    push(9);
    await Promise.resolve();
    expect(results.slice(8)).toEqual([
      { ptsMs: 256, endMs: 288, p: 0.02, windowMs: 32 },
      { ptsMs: 288, endMs: 320, p: 0.02, windowMs: 32 },
    ]);
    push(10, 0.01);
    // A model that was not asked has forgotten nothing.
    expect(submitted).toEqual([true, ...Array<boolean>(8).fill(false)]);
    push(11);
    expect(submitted).toHaveLength(10);
  });

  it('goes on asking where silence is taken for speech', () => {
    const { stream, submitted } = setUp(1000, true);
    for (let n = 0; n < 20; n++) {
      stream.push(window(), 32 * n);
      stream.deliver(0.2);
    }
    expect(submitted).toHaveLength(20);
  });
});
