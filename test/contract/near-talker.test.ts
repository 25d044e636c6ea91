import { Logger } from '@nestjs/common';
import { BoundaryPredictor, VadService, type BoundaryEvent, type SpeechProbability } from '#modules/vad';
import { pushAsOpusFrames, readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';

// Real: Silero in its worker, the predictor, synthesised speech. The clock is the sound's.

Logger.overrideLogger(false);

const clip = (name: string) => readWav(new URL(`../fixtures/speech/${name}.wav`, import.meta.url));
const [QUESTION, OTHER] = [clip('color-of-star'), clip('how-many-circles')];
const QUESTION_AT_MS = 1500;
const QUESTION_END_MS = QUESTION_AT_MS + QUESTION.length / 16;
const LENGTH_MS = 8000;

/** A question, and somebody else so much softer who speaks all the time. */
function withTalker(belowDb: number): Float32Array {
  const softer = OTHER.map((x) => x * 10 ** (belowDb / 20));
  const everyMs = 1500;
  const talk = Array.from({ length: 5 }, (_, i) => ({ pcm: softer, atMs: 100 + i * everyMs }));
  return timeline(LENGTH_MS, [{ pcm: QUESTION, atMs: QUESTION_AT_MS }, ...talk], 0.0001);
}

describe('a talker in the background', () => {
  const vad = new VadService({ model: 'v6', maxQueuedMs: 60_000 });
  beforeAll(() => vad.onModuleInit());
  afterAll(() => vad.onModuleDestroy());

  function listen(pcm: Float32Array): Promise<SpeechProbability[]> {
    return new Promise((resolve) => {
      const heard: SpeechProbability[] = [];
      const stream = vad.open({
        onProbability: (result) => {
          heard.push(result);
          if (result.endMs + result.windowMs > LENGTH_MS) resolve(heard);
        },
      });
      pushAsOpusFrames(stream, pcm);
    });
  }
  async function boundaries(pcm: Float32Array, establishedMs = 0): Promise<BoundaryEvent[]> {
    const predictor = new BoundaryPredictor({ established_speech_ms: establishedMs });
    return (await listen(pcm)).flatMap(({ p, ptsMs, endMs, windowMs }) => {
      predictor.sound(pcm.subarray(ptsMs * 16, endMs * 16), ptsMs);
      return predictor.push(p, endMs, windowMs);
    });
  }

  it.each([-22, -30, -40])(
    '%i dB below: the turn ends with the question, and there is no other',
    async (db) => {
      const events = await boundaries(withTalker(db));
      const ends = events.filter((event) => event.t === 'speech_end' && event.speechEndMs > QUESTION_AT_MS);
      expect(ends).toHaveLength(1);
      const [end] = ends as [BoundaryEvent & { t: 'speech_end' }];
      expect(end.speechEndMs - QUESTION_END_MS).toBeGreaterThan(-250);
      expect(end.speechEndMs - QUESTION_END_MS).toBeLessThan(250);
      expect(end.atMs - QUESTION_END_MS).toBeLessThan(1000);
    },
  );

  it('who is alone is the caller, however soft', async () => {
    const pcm = timeline(LENGTH_MS, [{ pcm: QUESTION.map((x) => x / 30), atMs: QUESTION_AT_MS }], 0.00003);
    const events = await boundaries(pcm);
    expect(events.filter(({ t }) => t === 'speech_start')).toHaveLength(1);
  });

  const said = (belowDb: number) => {
    const again = OTHER.map((x) => x * 10 ** (belowDb / 20));
    const parts = [
      { pcm: QUESTION, atMs: 500 },
      { pcm: again, atMs: 500 + QUESTION.length / 16 + 1500 },
    ];
    return timeline(LENGTH_MS, parts, 0.00003);
  };

  it.each([
    ['the caller', -16, 2],
    ['somebody else', -24, 1],
    ['somebody else', -40, 1],
  ])('%s says something in the quiet behind a question, %i dB softer', async (_name, db, turns) => {
    const events = await boundaries(said(db));
    expect(events.filter(({ t }) => t === 'speech_start')).toHaveLength(turns);
    expect(events.filter(({ t }) => t === 'speech_end')).toHaveLength(turns);
  });

  it.each([-16, 0, 8])('knows by how much the caller speaks up: by %i dB', async (db) => {
    const [first, second] = (await boundaries(said(db), 320)).filter(
      (event) => event.t === 'speech_established',
    );
    expect(first?.callerDb).toBeNull();
    expect(second!.levelDb! - second!.callerDb!).toBeGreaterThan(db - 5);
    expect(second!.levelDb! - second!.callerDb!).toBeLessThan(db + 5);
  });
});
