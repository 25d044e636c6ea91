import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { EngineSession, Segment } from '#modules/contracts';
import { DecoderService } from '#modules/decoder';
import { loadModelFolder } from '../../modules/decoder/folders/pocket/model-folder.js';
import { OrtModel } from '../../modules/decoder/local/onnx/ort-model.js';
import { FolderTokenizer } from '../../modules/decoder/folders/pocket/tokenizer.js';
import { Coverage } from '../../modules/decoder/testing/coverage.js';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { exactness } from '../../modules/decoder/testing/exactness.js';
import { localHost } from '../../modules/decoder/testing/local-session.js';
import { ProbedModel } from '../../modules/decoder/testing/probed-model.js';
import type { Material, Step } from '../../modules/decoder/testing/random-steps.js';
import { seededRandom } from '../../modules/decoder/core/text/sampler.js';
import { TEST_MODEL } from '../support/model-folder.js';

// The real engine on the model that ships: that streaming, going back and company change no token of an answer.

Logger.overrideLogger(false);

const noise = (seed: number) => {
  const random = seededRandom(seed);
  return () => random() * 2 - 1;
};

const material: Material = {
  maxSamples: 14_000,
  frame: (id, seed) => {
    const random = noise(seed);
    const data = new Uint8Array(192 * 192 * 3).map(() => 128 + 100 * random());
    return { k: 'frame', id, ptsMs: seed, image: { width: 192, height: 192, data } };
  },
  sound: (seed, samples) => {
    const random = noise(seed);
    const pitch = 0.02 + (seed % 17) * 0.01;
    return Float32Array.from(
      { length: samples },
      (_, index) => 0.2 * Math.sin(index * pitch) + 0.01 * random(),
    );
  },
};

const edge = (id: string, at: 'open' | 'close'): Segment => ({ k: 'turn', id, role: 'user', edge: at });

/** The first frame is evicted with its exchange, and redacted when only what saw it is left. */
const REDACTED_AFTER_EVICTION: Step[] = [
  { do: 'frame', seed: 1, how: 'commit' },
  { do: 'ask', seed: 1, keep: 6, how: 'accept' },
  { do: 'frame', seed: 2, how: 'commit' },
  { do: 'ask', seed: 2, keep: 6, how: 'accept' },
  { do: 'evict', keepFrames: 1, share: 0.5 },
  { do: 'redact', which: [1] },
];

describe('DecoderService', () => {
  const engine = new DecoderService({ modelFolder: TEST_MODEL });
  const open = () => engine.open({ system: '', tenant: 'test' });

  beforeAll(() => engine.load());
  afterAll(() => engine.close({ drainMs: 1000 }));

  /** Asks by voice after two frames, the sound in blocks of so many samples. */
  async function converse(session: EngineSession, blockSamples: number): Promise<number[][]> {
    const answers: number[][] = [];
    for (let turn = 1; turn <= 2; turn++) {
      await session.append(edge(`open ${turn}`, 'open'));
      for (const at of [1, 2]) await session.append(material.frame(`frame ${turn}.${at}`, turn * 10 + at));
      const pcm = material.sound(turn, 37_000);
      for (let from = 0; from < pcm.length; from += blockSamples) {
        const part = pcm.subarray(from, from + blockSamples);
        const final = from + blockSamples >= pcm.length;
        await session.append({ k: 'audio', id: `sound ${turn}.${from}`, ptsMs: 0, pcm: part, final });
      }
      await session.append(edge(`close ${turn}`, 'close'));
      const { ids, genId } = await readAnswer(
        session.generate({ maxTokens: 12, temperature: 1.5, seed: turn }),
      );
      answers.push(ids);
      await session.accept(genId);
    }
    return answers;
  }

  it('answers the same whether sound streams in or comes at once', async () => {
    const sessions = [await open(), await open(), await open()];
    const [atOnce, ...streamed] = await Promise.all(
      sessions.map((session, index) => converse(session, [37_000, 512, 7_777][index] ?? 1)),
    );
    expect(atOnce?.flat().length).toBeGreaterThan(2);
    for (const answers of streamed) expect(answers).toEqual(atOnce);
    await Promise.all(sessions.map((session) => session.close()));
  });

  it('answers in company what it answers alone', async () => {
    const session = await open();
    const alone = await converse(session, 5_000);
    await session.close();
    const crowd = await Promise.all(Array.from({ length: 4 }, open));
    const answers = await Promise.all(crowd.map((one) => converse(one, 5_000)));
    for (const answer of answers) expect(answer).toEqual(alone);
    await Promise.all(crowd.map((one) => one.close()));
  });

  it('serves the end of speech past frames that wait in the background', async () => {
    const [busy, speaker] = [await open(), await open()];
    for (const session of [busy, speaker]) await session.append(edge('open', 'open'));
    await speaker.append({ k: 'audio', id: 'sound', ptsMs: 0, pcm: material.sound(1, 30_000), final: true });
    const order: string[] = [];
    const frames = [1, 2].map((at) =>
      busy
        .append(material.frame(`frame ${at}`, at), { priority: 'background' })
        .then(() => order.push(`frame ${at}`)),
    );
    const closed = speaker.append(edge('close', 'close'));
    const answered = readAnswer(speaker.generate({ maxTokens: 1 })).then(() => order.push('answer'));
    await Promise.all([...frames, closed, answered]);
    expect(order.indexOf('answer')).toBeLessThan(order.indexOf('frame 2'));
    await Promise.all([busy.close(), speaker.close()]);
  });
});

describe('DecoderSession', () => {
  it('has after any sequence of operations the logits of a fresh session that replays what is left', async () => {
    const folder = await loadModelFolder(TEST_MODEL);
    const ort = await OrtModel.load(folder, 1);
    const model = new ProbedModel(ort);
    const host = await localHost(model, await FolderTokenizer.load(folder), () => setImmediate());
    const seen = new Coverage();
    const rig = { model, host, fresh: host };
    const options = { material, maxSessions: 2, maxSteps: 14, answerTokens: 10, seen };
    await fc.assert(
      exactness(() => Promise.resolve(rig), options),
      { numRuns: 16, seed: 7, examples: [[[REDACTED_AFTER_EVICTION]]] },
    );
    expect(seen.rarerThan(1)).toEqual([]);
    await ort.release();
  }, 120_000);
});

describe('DecoderService, closing', () => {
  it('lets what is under way end in its time, and cuts it short after that', async () => {
    const engine = new DecoderService({ modelFolder: TEST_MODEL });
    await engine.load();
    const session = await engine.open({ system: '', tenant: 'test' });
    await session.append(edge('open', 'open'));
    const frame = session.append(material.frame('frame', 1));
    await engine.close({ drainMs: 5000 });
    expect((await frame).tokens).toBe(37);
    await expect(session.append(edge('close', 'close'))).rejects.toMatchObject({ code: 'session_closed' });
  });

  it('spreads sessions over its workers', async () => {
    const engine = new DecoderService({ modelFolder: TEST_MODEL, workers: 2 });
    await engine.load();
    const sessions = await Promise.all([1, 2, 3].map(() => engine.open({ system: '', tenant: 'test' })));
    await Promise.all(sessions.map((session) => session.append(edge('open', 'open'))));
    await Promise.all(sessions.map((session) => session.close()));
    expect(engine.openSessions).toBe(0);
    await engine.close({ drainMs: 0 });
  });
});
