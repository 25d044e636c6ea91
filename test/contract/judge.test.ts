import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { JudgeService } from '#modules/vad';
import { readWav } from '../../modules/vad/testing/speech-timeline.js';

// Real: both models, the worker thread. The reference is the same models in Python (test/fixtures/judge).

Logger.overrideLogger(false);

const folder = fileURLToPath(new URL('../../models/turns', import.meta.url));
const fixture = (path: string) => new URL(`../fixtures/${path}`, import.meta.url);
const ALL = { turnEnd: true, speech: true };
const { clips } = JSON.parse(readFileSync(fixture('judge/reference.json'), 'utf8')) as {
  clips: { clip: string; samples: number; turnEnd: number }[];
};
const soundOf = (clip: string) => readWav(fixture(`speech/${clip}.wav`));

/** Notes of a hummed melody: harmonics of a steady pitch, with vibrato. */
function hummed(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const t = i / 16_000;
    const pitch = [220, 247, 262, 294, 330][Math.floor(t / 0.6) % 5] ?? 220;
    const phase = 2 * Math.PI * pitch * t + 3 * Math.sin(2 * Math.PI * 5 * t);
    return 0.1 * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase));
  });
}

describe('JudgeService', () => {
  const service = new JudgeService({ folder, ...ALL });
  beforeAll(() => service.onModuleInit());
  afterAll(() => service.onModuleDestroy());

  it.each(clips)(
    '$clip ($samples samples) is as finished as in Python',
    async ({ clip, samples, turnEnd }) => {
      const told = await service.open().judge(soundOf(clip).subarray(0, samples), ALL);
      expect(told.turnEnd).not.toBeNull();
      expect(Math.abs(told.turnEnd! - turnEnd)).toBeLessThan(0.05);
    },
  );

  it('hears speech in speech, and none in humming or noise', async () => {
    const judge = service.open();
    const speechOf = async (pcm: Float32Array) =>
      (await judge.judge(pcm, { turnEnd: false, speech: true })).speech!;
    expect(await speechOf(soundOf('color-of-star'))).toBeGreaterThan(0.8);
    expect(await speechOf(soundOf('how-many-circles').map((x) => x / 30))).toBeGreaterThan(0.5);
    expect(await speechOf(hummed(3))).toBeLessThan(0.25);
    const noise = Float32Array.from({ length: 32_000 }, (_, i) => 0.1 * Math.sin(i * i * 0.7));
    expect(await speechOf(noise)).toBeLessThan(0.25);
  });

  it('tells what is wanted, of any length', async () => {
    const judge = service.open();
    for (const samples of [0, 1, 1600, 200_000]) {
      const told = await judge.judge(new Float32Array(samples), ALL);
      expect(told.turnEnd).toBeGreaterThanOrEqual(0);
      expect(told.speech).toBeLessThan(0.25);
    }
    expect(await judge.judge(new Float32Array(1600), { turnEnd: false, speech: false })).toEqual({
      turnEnd: null,
      speech: null,
    });
  });

  it('judges the newest sound of a microphone, and none of one that is closed', async () => {
    const judge = service.open();
    const [older, newer] = [judge.judge(soundOf('color-of-star'), ALL), judge.judge(hummed(1), ALL)];
    expect(await older).toEqual({ turnEnd: null, speech: null });
    expect((await newer).speech).toBeLessThan(0.25);
    judge.close();
    expect(await judge.judge(hummed(1), ALL)).toEqual({ turnEnd: null, speech: null });
  });
});

it('files that are not those of the manifest are refused', async () => {
  const other = await mkdtemp(join(tmpdir(), 'judge-'));
  const refused = () => new JudgeService({ folder: other, ...ALL }).onModuleInit();
  await expect(refused()).rejects.toMatchObject({ code: 'bad_model' });
  await writeFile(
    join(other, 'manifest.json'),
    JSON.stringify({ files: { 'smart-turn-v3.2-cpu.onnx': { sha256: '0' } } }),
  );
  await writeFile(join(other, 'smart-turn-v3.2-cpu.onnx'), 'no model');
  await expect(refused()).rejects.toMatchObject({ code: 'bad_model' });
});

it('without models nothing is told', async () => {
  const service = new JudgeService({ folder: '', turnEnd: false, speech: false });
  await service.onModuleInit();
  expect(await service.open().judge(new Float32Array(1600), ALL)).toEqual({ turnEnd: null, speech: null });
  await service.onModuleDestroy();
});
