import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { SAMPLE_RATE } from '#modules/contracts';
import { DecoderService } from '#modules/decoder';
import { DETECTION, withParts } from '../../bench/turns/parts.js';
import { judge, type Heard } from '../../bench/turns/judge.js';
import { SpokenPieces } from '../../bench/turns/pieces.js';
import { play } from '../../bench/turns/played-call.js';
import { QUESTIONS } from '../../client-demo/questions.js';
import { decodeOggOpus } from '../../tools/eval/media.js';
import { played, turnSetSchema, type Setting } from '../../tools/sounds/clip.js';
import { evaluateNatural } from '../../tools/eval/natural-voices/run.js';
import { TestSet } from '../../tools/eval/test-set.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: the voices, the detector, the conversation, the engine, the model. Time is virtual. Only few clips: `npm run bench -- turns` plays them all.

Logger.overrideLogger(false);

describe('what is measured with sounds', () => {
  it('asks natural voices, also in noise, and finds where their speech ends', async () => {
    const set = await TestSet.read(join(REPOSITORY, 'tools/eval/natural'));
    const engine = new DecoderService({ modelFolder: TEST_MODEL });
    await engine.load();
    try {
      const { natural, noise, endpoint } = await evaluateNatural(engine, set, {
        limit: 4,
        noisy: 1,
        lanes: 1,
        onProgress: () => undefined,
      });
      expect(natural.n + natural.mandarin.n).toBe(4);
      expect(noise).toHaveLength(15);
      for (const { n } of noise) expect(n).toBe(1);
      expect(endpoint.n).toBeGreaterThan(2);
      expect(endpoint.unheard).toBe(0);
    } finally {
      await engine.close({ drainMs: 1000 });
    }
  }, 240_000);

  it('plays a clip through a whole session: a question, a sound, and an answer that is spoken into', async () => {
    const pieces = await SpokenPieces.read();
    const clips = turnSetSchema.parse({
      note: '',
      clips: [
        { id: 'q', kind: 'q', voice: 'joe', parts: [{ say: 'how-many' }], right: { turns: [1] } },
        { id: 'k', kind: 'k', parts: [{ sound: 'keys', seconds: 1, seed: 1 }], right: { none: true } },
        {
          id: 's',
          kind: 's',
          voice: 'joe',
          // So long that it is meant, whether or not the model's ear tells that of words.
          parts: [{ say: 'how-many' }],
          during: 'describe the table',
          right: { stops: true },
        },
      ],
    }).clips;
    const setting: Setting = 'server_vad';
    const found = new Map<string, { heard: Heard; verdict: string; endMs: number | null }>();
    await withParts(TEST_MODEL, 1, async (parts) => {
      for (const [number, clip] of [...clips, ...clips.slice(0, 1)].entries()) {
        const { pcm, ...truth } = played(clip, pieces, 1);
        const { during } = clip;
        const heard = await play(parts, { turnDetection: DETECTION[setting], pcm, during, waitMs: 1500 });
        const { right, why } = judge(clip, heard, { ...truth, setting });
        found.set(`${clip.id}${number}`, { heard, verdict: right ? 'right' : why, endMs: truth.endMs });
      }
    });
    expect([...found].map(([id, { verdict }]) => `${id} ${verdict}`)).toEqual([
      'q0 right',
      'k1 right',
      's2 right',
      'q3 right',
    ]);
    // Half a second of silence, the detector's window, and nothing for the machine; the same each time.
    const { heard, endMs } = found.get('q0')!;
    expect(heard.committed[0]! - endMs!).toBeGreaterThan(400);
    expect(heard.committed[0]! - endMs!).toBeLessThan(650);
    expect(found.get('q3')!.heard).toEqual(heard);
  }, 240_000);

  it('hears each of the built-in questions of the demo page, one after another in one call', async () => {
    const pause = new Float32Array(1.2 * SAMPLE_RATE);
    const files = QUESTIONS.map(({ file }) => join(REPOSITORY, `client-demo/questions/${file}.ogg`));
    const spoken = await Promise.all(files.map(async (file) => decodeOggOpus(await readFile(file))));
    const pcm = spoken.flatMap((said) => [...said, ...pause]);
    await withParts(TEST_MODEL, 1, async (parts) => {
      const options = { turnDetection: DETECTION.server_vad, pcm: Float32Array.from(pcm), waitMs: 0 };
      const { committed, answers } = await play(parts, { ...options, during: undefined });
      expect(committed).toHaveLength(QUESTIONS.length);
      expect(answers).toHaveLength(QUESTIONS.length);
    });
  }, 240_000);
});
