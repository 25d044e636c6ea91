import { Logger } from '@nestjs/common';
import { VadService, type SpeechProbability, type Vad, type VadDropReason } from '#modules/vad';
import { FakeVad, speechAbove } from '../../modules/vad/testing/fake-vad.js';
import { pushAsOpusFrames, readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';

// Real: the Silero models in their worker thread. Fake: a script on the same windows.
const SPEECH = new URL('../fixtures/speech/color-of-star.wav', import.meta.url);
const QUEUE_MS = 60_000;

beforeAll(() => Logger.overrideLogger(false));

interface Opened {
  readonly vad: Vad;
  readonly close: () => Promise<void>;
}

interface Subject {
  readonly name: string;
  readonly windowMs: number;
  readonly open: (maxQueuedMs?: number) => Promise<Opened>;
}

const real = (model: 'v6' | 'legacy', windowMs: number): Subject => ({
  name: `VadService ${model}`,
  windowMs,
  open: async (maxQueuedMs = QUEUE_MS) => {
    const vad = new VadService({ model, maxQueuedMs });
    await vad.onModuleInit();
    return { vad, close: () => vad.onModuleDestroy() };
  },
});

const fake: Subject = {
  name: 'FakeVad',
  windowMs: 32,
  open: (maxQueuedMs = QUEUE_MS) =>
    Promise.resolve({ vad: new FakeVad(speechAbove(0.01), maxQueuedMs), close: () => Promise.resolve() }),
};

/** Collects `count` results of a new stream. */
function collect(vad: Vad, count: number) {
  const results: SpeechProbability[] = [];
  const drops: [VadDropReason, number][] = [];
  let enough: () => void;
  const done = new Promise<void>((resolve) => (enough = resolve));
  const stream = vad.open({
    onProbability: (result) => {
      if (results.push(result) === count) enough();
    },
    onDrop: (reason, samples) => drops.push([reason, samples]),
  });
  return { stream, results, drops, done };
}

describe.each([real('v6', 32), real('legacy', 96), fake])('$name as a Vad', ({ windowMs, open }) => {
  let opened: Opened;
  let vad: Vad;
  beforeEach(async () => {
    opened = await open();
    ({ vad } = opened);
  });
  afterEach(() => opened.close());

  const windowSamples = windowMs * 16;
  const silence = (windows: number) => new Float32Array(windows * windowSamples);

  it('reports each whole window once, in order, with its times', async () => {
    const { stream, results, done } = collect(vad, 3);
    expect(stream.windowMs).toBe(windowMs);
    pushAsOpusFrames(stream, silence(3), 1000);
    await done;
    expect(results.map(({ ptsMs, endMs, windowMs }) => [ptsMs, endMs, windowMs])).toEqual([
      [1000, 1000 + windowMs, windowMs],
      [1000 + windowMs, 1000 + 2 * windowMs, windowMs],
      [1000 + 2 * windowMs, 1000 + 3 * windowMs, windowMs],
    ]);
  });

  it('tells speech from silence', async () => {
    const pcm = timeline(2880, [{ pcm: readWav(SPEECH), atMs: 960 }]);
    const { stream, results, done } = collect(vad, 2880 / windowMs);
    pushAsOpusFrames(stream, pcm);
    await done;
    const between = (fromMs: number, toMs: number) =>
      results.filter((r) => r.ptsMs >= fromMs && r.endMs <= toMs).map((r) => r.p);
    expect(Math.max(...between(0, 900))).toBeLessThan(0.35);
    expect(Math.max(...between(960, 2200))).toBeGreaterThan(0.9);
    expect(between(1100, 2100).filter((p) => p > 0.5).length).toBeGreaterThan(500 / windowMs);
    expect(Math.max(...between(2600, 2880))).toBeLessThan(0.35);
  });

  it('never calls back from inside push', async () => {
    const { stream, results, done } = collect(vad, 1);
    stream.push(silence(1), 0);
    expect(results).toHaveLength(0);
    await done;
  });

  it('reports nothing after close', async () => {
    const closed = collect(vad, 1);
    closed.stream.push(silence(1), 0);
    closed.stream.close();
    closed.stream.push(silence(1), windowMs);
    const open = collect(vad, 2);
    open.stream.push(silence(2), 0);
    await open.done;
    expect(closed.results).toHaveLength(0);
    expect(closed.drops).toEqual([['closed', windowSamples]]);
  });

  it('drops a part window at a timestamp jump and goes on from there', async () => {
    const { stream, results, drops, done } = collect(vad, 1);
    stream.push(new Float32Array(320), 0);
    stream.push(silence(1), 5000);
    await done;
    expect(drops).toEqual([['timestamp_jump', 320]]);
    expect(results[0]).toMatchObject({ ptsMs: 5000, endMs: 5000 + windowMs });
  });

  it('drops a chunk with a sample that is not a number', async () => {
    const { stream, results, drops, done } = collect(vad, 1);
    stream.push(Float32Array.of(0, NaN), 0);
    stream.push(silence(1), 0);
    await done;
    expect(drops).toEqual([['bad_audio', 2]]);
    expect(results[0]?.p).toBeLessThan(0.5);
  });

  it('drops the newest windows when too much waits', async () => {
    const bounded = await open(2 * windowMs);
    const { stream, drops, done } = collect(bounded.vad, 2);
    stream.push(silence(5), 0);
    await done;
    expect(drops).toEqual(Array(3).fill(['overload', windowSamples]));
    await bounded.close();
  });
});
