import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EarTold } from '#modules/contracts';
import { capsOf } from '../../core/model/caps.js';
import { Utterance } from '../../core/inputs/utterance.js';
import { loadModelFolder } from '../../folders/pocket/model-folder.js';
import { OrtModel } from './ort-model.js';

// Real: onnxruntime and the loader, over folders with tiny random weights (training/pocket/export/tiny_pocket.py).

const FOLDERS = 'test/fixtures/models';
const SAMPLES = 16_000 * 11 + 777;

/** A sound that never repeats. */
const sound = Float32Array.from({ length: SAMPLES }, (_, n) => 0.3 * Math.sin(n * (0.02 + n * 1e-7)));

interface Heard {
  readonly features: Float32Array;
  readonly told: EarTold;
  readonly runs: number;
}

/** @param pieces lengths in which the sound comes; the last one is what is left. @param asked whether each piece is asked about */
async function hear(model: OrtModel, pieces: readonly number[], asked = false): Promise<Heard> {
  const utterance = new Utterance(model.config.audio, model.config.text.hiddenSize);
  let [from, runs] = [0, 0];
  const encode = async (final: boolean): Promise<void> => {
    for (let block = utterance.nextBlock(final); block; block = utterance.nextBlock(final)) {
      const peeked = utterance.takePeeked();
      if (!peeked) runs += 1;
      utterance.takeEncoded(block, peeked ?? (await model.encodeAudio(block)));
    }
  };
  for (const length of [...pieces, SAMPLES]) {
    utterance.append(sound.subarray(from, Math.min(SAMPLES, from + length)));
    from += length;
    await encode(false);
    const rest = asked ? utterance.nextBlock(true) : null;
    if (!rest || utterance.takePeeked()) continue;
    runs += 1;
    utterance.keepPeeked(await model.encodeAudio(rest));
  }
  await encode(true);
  return { features: utterance.features().rows.slice(), told: utterance.toldSoFar ?? {}, runs };
}

describe.each(['causal', 'whisper'])('an ear of kind %s', (kind) => {
  let model: OrtModel;
  beforeAll(async () => {
    model = await OrtModel.load(await loadModelFolder(`${FOLDERS}/tiny-pocket-${kind}`), 1);
  });
  afterAll(() => model.release());

  it('hears the same however the sound was cut up and asked about', async () => {
    const whole = await hear(model, []);
    expect(whole.features.length).toBe(Math.ceil(SAMPLES / 1280) * model.config.text.hiddenSize);
    expect(whole.features.every(Number.isFinite)).toBe(true);
    const pieces = Array.from({ length: 9 }, (_, n) => 5_000 + 3_777 * n);
    for (const asked of [false, true]) {
      const cut = await hear(model, pieces, asked);
      expect(cut.features).toEqual(whole.features);
      expect(cut.told).toEqual(whole.told);
    }
  });

  it('tells what its folder says that it tells', async () => {
    const { told } = await hear(model, []);
    const caps = capsOf(model.config, 1);
    expect(caps.turnEnd).toBe(true);
    expect(Object.keys(told).toSorted()).toEqual([...(caps.heads ?? ['turnEnd'])].toSorted());
    for (const p of Object.values(told)) expect(p > 0 && p < 1).toBe(true);
  });
});

describe('an ear that hears all at once', () => {
  it('encodes what it was asked about once, and a long utterance in windows', async () => {
    const model = await OrtModel.load(await loadModelFolder(`${FOLDERS}/tiny-pocket-whisper`), 1);
    // 11 s are a window of 9.6 s and a rest.
    expect((await hear(model, [])).runs).toBe(2);
    expect((await hear(model, [SAMPLES - 1], false)).runs).toBe(2);
    expect((await hear(model, [SAMPLES], true)).runs).toBe(2);
    await model.release();
  });

  it('is refused where the graph is another ear’s', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'visavis-ear-'));
    try {
      await cp(`${FOLDERS}/tiny-pocket-causal`, dir, { recursive: true });
      const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));
      const other = (await read(`${FOLDERS}/tiny-pocket-whisper/config.json`)) as { audio: object };
      const audio = { ...other.audio, heads: undefined };
      const config = { ...((await read(join(dir, 'config.json'))) as object), audio };
      const data = Buffer.from(JSON.stringify(config));
      await writeFile(join(dir, 'config.json'), data);
      const manifest = (await read(join(dir, 'manifest.json'))) as { files: Record<string, object> };
      const sha256 = createHash('sha256').update(data).digest('hex');
      manifest.files['config.json'] = { bytes: data.length, sha256 };
      await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
      await expect(loadModelFolder(dir).then((folder) => OrtModel.load(folder, 1))).rejects.toMatchObject({
        code: 'bad_model',
        message: expect.stringContaining('audio_encoder.onnx: takes past_conv1') as string,
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
