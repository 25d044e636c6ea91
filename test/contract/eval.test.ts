import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { converse } from '../../tools/eval/ask.js';
import { evaluate } from '../../tools/eval/evaluate.js';
import { decodeOggOpus, MaterialReader } from '../../tools/eval/media.js';
import { spread, TestSet } from '../../tools/eval/test-set.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Everything is real: the test set, the decoders of pictures and sound, the engine, the model. Only few questions are asked;
// `npm run eval` asks them all.

Logger.overrideLogger(false);

describe('the evaluation', () => {
  const engine = new DecoderService({ modelFolder: TEST_MODEL });
  let set: TestSet;
  let reader: MaterialReader;

  beforeAll(async () => {
    set = await TestSet.read(join(REPOSITORY, 'tools/eval/set'));
    await engine.load();
    reader = new MaterialReader(set, engine.caps);
  });
  afterAll(async () => {
    await reader.close();
    await engine.close({ drainMs: 1000 });
  });

  it('gives the engine pictures of its size, and speech of a plausible length and loudness', async () => {
    const { width, height } = engine.caps.frameSize;
    for (const question of spread(set.questions, 8)) {
      const turns = await reader.read(question);
      expect(turns).toHaveLength(question.history.length + 1);
      const { frames, speech } = turns.at(-1)!;
      expect(frames).toHaveLength(question.frames.length);
      if (!speech) throw new Error('the question is not spoken');
      for (const frame of frames) expect(frame.data).toHaveLength(width * height * 3);
      expect(speech.length / 16_000).toBeGreaterThan(0.5);
      expect(speech.length / 16_000).toBeLessThan(15);
      const peak = speech.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
      expect(peak).toBeGreaterThan(0.02);
    }
  });

  it('hears all of a file', async () => {
    const file = set.speech(set.questions[0]!);
    const pcm = await decodeOggOpus(file);
    // 20 ms a packet, and the file is not cut short: its last page says how many samples at 48 kHz there are.
    const lastPage = file.lastIndexOf('OggS');
    const granules = Number(file.readBigUInt64LE(lastPage + 6));
    expect(Math.abs(pcm.length - granules / 3)).toBeLessThanOrEqual(320);
  });

  it('asks with and without pictures and speech, and finds packets and one block the same', async () => {
    const questions = spread(set.questions, 4);
    const progress: number[] = [];
    const outcomes = await evaluate(engine, questions, {
      samples: { ablationsByFamily: 4, oneShot: 4, turnEnd: 4 },
      read: (question) => reader.read(question),
      lanes: 2,
      onOutcome: (_, done) => progress.push(done),
    });
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(outcomes.map(({ question }) => question.id)).toEqual(questions.map(({ id }) => id));
    for (const { question, ablated, oneShotIdentical } of outcomes) {
      const heldOut = question.synthesiser === 'espeak';
      expect(ablated !== null).toBe(heldOut);
      expect(oneShotIdentical).toBe(heldOut ? true : null);
    }
    expect(engine.openSessions).toBe(0);
  }, 60_000);

  it('holds the turns before a question, with the answers that the model gave', async () => {
    const heldOut = set.questions.filter(({ synthesiser }) => synthesiser === 'espeak');
    const [first, second] = spread(heldOut, 2);
    const [question] = await evaluate(engine, [{ ...second!, history: [first!] }], {
      samples: { ablationsByFamily: 1, oneShot: 1, turnEnd: 1 },
      read: (asked) => reader.read(asked),
      lanes: 1,
    });
    expect(question).toMatchObject({ oneShotIdentical: true, ablated: { blind: expect.any(Boolean) } });
    // The same as two turns of one conversation.
    const turns = [...(await reader.read(first!)), ...(await reader.read(second!))];
    const { text } = await converse(engine, { turns, blockSamples: Infinity });
    expect(question!.text).toBe(text);
    expect(engine.openSessions).toBe(0);
  }, 60_000);
});
