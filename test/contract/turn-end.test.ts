import { Logger } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { readWav } from '../../modules/vad/testing/speech-timeline.js';
import { turnEndScores } from '../../tools/eval/turn-end.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: the model in its worker, and two recordings.

Logger.overrideLogger(false);

describe('the turn-end head', () => {
  const engine = new DecoderService({ modelFolder: TEST_MODEL, maxSessions: 1 });
  beforeAll(() => engine.load(), 120_000);
  afterAll(() => engine.close({ drainMs: 1000 }));

  it('is in the model that ships', () => {
    expect(engine.caps.turnEnd).toBe(true);
  });

  it.each(['color-of-star', 'how-many-circles'])(
    'takes %s for over at its end, and not in its middle',
    async (name) => {
      const speech = readWav(new URL(`../fixtures/speech/${name}.wav`, import.meta.url));
      const { whole, cut } = (await turnEndScores(engine, speech))!;
      expect(whole).toBeGreaterThan(0.5);
      expect(cut).toBeLessThan(0.5);
    },
  );
});
