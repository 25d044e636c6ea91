import { Logger } from '@nestjs/common';
import { pushAsOpusFrames, readWav, timeline } from './testing/speech-timeline.js';
import { BoundaryPredictor, VadService, type BoundaryEvent, type SpeechProbability } from './index.js';

// Real: the model, the worker thread and synthesised speech whose limits are known.
const clip = (name: string) => readWav(new URL(`../../test/fixtures/speech/${name}.wav`, import.meta.url));
const COLOR = clip('color-of-star');
const CIRCLES = clip('how-many-circles');
const SAMPLES_PER_MS = 16;

beforeAll(() => Logger.overrideLogger(false));

/** Scores a whole recording on a stream of its own. */
function listen(vad: VadService, pcm: Float32Array): Promise<SpeechProbability[]> {
  return new Promise((resolve) => {
    const heard: SpeechProbability[] = [];
    const stream = vad.open({
      onProbability: (result) => {
        heard.push(result);
        if (heard.length < Math.floor(pcm.length / (result.windowMs * SAMPLES_PER_MS))) return;
        stream.close();
        resolve(heard);
      },
    });
    pushAsOpusFrames(stream, pcm);
  });
}

function boundaries(heard: SpeechProbability[], pcm: Float32Array): BoundaryEvent[] {
  const predictor = new BoundaryPredictor();
  return heard.flatMap(({ p, ptsMs, endMs, windowMs }) => {
    predictor.sound(pcm.subarray(ptsMs * SAMPLES_PER_MS, endMs * SAMPLES_PER_MS), ptsMs);
    return predictor.push(p, endMs, windowMs);
  });
}

// How far a boundary may be from the true limit of the speech (ms); what was measured is in the README of the module.
const BOUNDS = {
  v6: { start: [-64, 64], end: [-10, 10] },
  legacy: { start: [-96, 96], end: [-10, 10] },
} as const;

describe.each(['v6', 'legacy'] as const)('VadService %s', (model) => {
  let vad: VadService;
  beforeEach(async () => {
    vad = new VadService({ model, maxQueuedMs: 60_000 });
    await vad.onModuleInit();
  });
  afterEach(() => vad.onModuleDestroy());

  it('finds the limits of two questions', async () => {
    const at = [1000, 4000];
    const pcm = timeline(7000, [
      { pcm: COLOR, atMs: 1000 },
      { pcm: CIRCLES, atMs: 4000 },
    ]);
    const events = boundaries(await listen(vad, pcm), pcm);
    const starts = events.filter((e) => e.t === 'speech_start').map((e) => e.startMs);
    const ends = events.filter((e) => e.t === 'speech_end').map((e) => e.speechEndMs);
    const trueEnds = [1000 + COLOR.length / SAMPLES_PER_MS, 4000 + CIRCLES.length / SAMPLES_PER_MS];
    expect([starts.length, ends.length]).toEqual([2, 2]);
    const { start, end } = BOUNDS[model];
    starts.forEach((ms, i) => expectWithin(ms - (at[i] ?? NaN), start));
    ends.forEach((ms, i) => expectWithin(ms - (trueEnds[i] ?? NaN), end));
  });

  it('takes a pause inside a turn for a pause', async () => {
    const gapMs = 350;
    const secondAt = 1000 + Math.ceil(COLOR.length / SAMPLES_PER_MS) + gapMs;
    const pcm = timeline(secondAt + 2500, [
      { pcm: COLOR, atMs: 1000 },
      { pcm: CIRCLES, atMs: secondAt },
    ]);
    const kinds = boundaries(await listen(vad, pcm), pcm).map((e) => e.t);
    expect(kinds).toEqual(['speech_start', 'tentative_pause', 'resume', 'tentative_pause', 'speech_end']);
  });

  it('counts what it does not score, by reason', async () => {
    const stream = vad.open({ onProbability: () => undefined });
    stream.push(new Float32Array(160), 0);
    stream.push(new Float32Array(160), 5000);
    stream.push(new Float32Array([Number.NaN]), 5010);
    stream.close();
    stream.push(new Float32Array(320), 5020);
    expect(Object.fromEntries(vad.stats().droppedMs)).toEqual({
      timestamp_jump: 10,
      bad_audio: 1 / 16,
      closed: 20,
    });
  });

  it('hears every stream as if it were alone, and scores them together', async () => {
    const recordings = [0, 160, 320, 480, 640, 800].map((atMs) => timeline(1920, [{ pcm: COLOR, atMs }]));
    const together = await Promise.all(recordings.map((pcm) => listen(vad, pcm)));
    const { runs, windows, streams } = vad.stats();
    expect(windows / runs).toBeGreaterThan(2);
    expect(streams).toBe(0);
    for (const [i, pcm] of recordings.entries()) {
      const alone = await listen(vad, pcm);
      expect(alone).toHaveLength(together[i]?.length ?? NaN);
      alone.forEach(({ p }, w) => expect(Math.abs(p - (together[i]?.[w]?.p ?? NaN))).toBeLessThan(1e-4));
    }
  });
});

function expectWithin(value: number, [least, most]: readonly [number, number]): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
