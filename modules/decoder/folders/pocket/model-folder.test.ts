import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_MODEL } from '../../../../test/support/model-folder.js';
import { loadFolder, openFolder } from '../../local/onnx/load-folder.js';
import { loadModelFolder, type ModelFolder } from './model-folder.js';
import { OrtModel } from '../../local/onnx/ort-model.js';
import { FolderTokenizer } from './tokenizer.js';

type Json = Record<string, unknown>;

/** Of tiny random weights, with the causal ear: training/pocket/export/tiny_pocket.py. */
const TINY = 'test/fixtures/models/tiny-pocket-causal';

describe('loadModelFolder', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'visavis-model-'));
    await cp(TINY, dir, { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true }));

  const change = async (file: string, edit: (json: Json) => void): Promise<void> => {
    const json = JSON.parse(await readFile(join(dir, file), 'utf8')) as Json;
    edit(json);
    await writeFile(join(dir, file), JSON.stringify(json));
  };

  /** As a careful author of a broken model would: the checksums are right. */
  const reseal = (...files: string[]): Promise<void> =>
    change('manifest.json', (manifest) => {
      const entries = manifest['files'] as Json;
      for (const file of files) delete entries[file];
    }).then(async () => {
      for (const file of files) {
        const data = await readFile(join(dir, file));
        const sha256 = createHash('sha256').update(data).digest('hex');
        await change('manifest.json', (manifest) => {
          (manifest['files'] as Json)[file] = { bytes: data.length, sha256 };
        });
      }
    });

  const problem = async (load: () => Promise<unknown> = () => loadModelFolder(dir)): Promise<string> => {
    const error: unknown = await load().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'bad_model' });
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message.replace(dir, '…');
  };

  it('reads what the engine needs', async () => {
    const { config, special, license } = await loadModelFolder(dir);
    expect(license).toBe('Apache-2.0');
    expect(config.vision).toMatchObject({ imageSize: 64, tokensPerFrame: 4 });
    expect(config.audio).toMatchObject({ lead: 32, hop: 160, blockMelFrames: 64, melPerToken: 8 });
    expect(new Set(Object.values(special)).size).toBe(6);
  });

  it('names a file that is missing', async () => {
    await rm(join(dir, 'onnx/vision_encoder.onnx'));
    expect(await problem()).toBe('model folder …: onnx/vision_encoder.onnx: is missing');
  });

  it('names a manifest that is missing', async () => {
    await rm(join(dir, 'manifest.json'));
    expect(await problem()).toBe('model folder …: manifest.json: is missing');
  });

  it('names a file that was cut off', async () => {
    const whole = await readFile(join(dir, 'onnx/decoder_model.onnx'));
    await writeFile(join(dir, 'onnx/decoder_model.onnx'), whole.subarray(0, 1000));
    expect(await problem()).toMatch(/onnx\/decoder_model\.onnx: has 1000 bytes, manifest\.json says \d+$/);
  });

  it('names a file in which one bit has changed', async () => {
    const data = await readFile(join(dir, 'onnx/audio_encoder.onnx'));
    data[5000] = (data[5000] ?? 0) ^ 1;
    await writeFile(join(dir, 'onnx/audio_encoder.onnx'), data);
    expect(await problem()).toMatch(/onnx\/audio_encoder\.onnx: sha256 is [0-9a-f]{64}, manifest\.json says/);
  });

  it('names a model type that it does not know', async () => {
    await change('config.json', (config) => (config['model_type'] = 'llava'));
    await reseal('config.json');
    expect(await problem()).toMatch(/config\.json: model_type: .*visavis-pocket/);
  });

  it('names a file that is not JSON', async () => {
    await writeFile(join(dir, 'config.json'), '{"model_type":');
    await reseal('config.json');
    expect(await problem()).toMatch(/config\.json: is not JSON/);
  });

  it('names a setting that is missing', async () => {
    await change('config.json', (config) => delete (config['audio'] as Json)['hop']);
    await reseal('config.json');
    expect(await problem()).toMatch(/config\.json: audio\.hop: /);
  });

  it('names a special token that the tokenizer does not have', async () => {
    await change('config.json', (config) => ((config['special_tokens'] as Json)['frame'] = '<|picture|>'));
    await reseal('config.json');
    expect(await problem()).toMatch(/tokenizer\.json: has no added token <\|picture\|>/);
  });

  it('names a file that the manifest leaves out', async () => {
    await change('manifest.json', (manifest) => delete (manifest['files'] as Json)['tokenizer.json']);
    expect(await problem()).toBe('model folder …: manifest.json: does not list tokenizer.json');
  });

  it('names a picture size that two files tell differently', async () => {
    await change('preprocessor_config.json', (config) => (config['size'] = { width: 224, height: 224 }));
    await reseal('preprocessor_config.json');
    expect(await problem()).toMatch(/preprocessor_config\.json: size is not/);
  });

  it.each([
    ['text', 'vocab_size', 'logits of decoder_model [*, 999], manifest.json says [batch, 2048]'],
    [
      'text',
      'hidden_size',
      'inputs_embeds of embed_tokens [*, *, 999], manifest.json says [batch, sequence, 16]',
    ],
    [
      'audio',
      'n_mels',
      'input_features of audio_frontend [*, *, 999], manifest.json says [1, mel_frames, 8]',
    ],
    ['audio', 'hidden_size', 'past_conv2 of audio_encoder [*, 999, 1], manifest.json says [1, 16, 1]'],
  ])('names a size of config.json that is not the manifest’s: %s.%s', async (part, setting, told) => {
    await change('config.json', (config) => ((config[part] as Json)[setting] = 999));
    await reseal('config.json');
    expect(await problem()).toBe(`model folder …: config.json: makes ${told}`);
  });

  it('names a tensor of which the manifest has no shape', async () => {
    await change('manifest.json', (manifest) => {
      const shapes = manifest['shapes'] as Record<string, { outputs: Json }>;
      delete shapes['decoder_model']!.outputs['logits'];
    });
    expect(await problem()).toBe('model folder …: manifest.json: has no shape of logits of decoder_model');
  });

  describe('and opening it', () => {
    const open = async (): Promise<OrtModel> => OrtModel.load(await loadModelFolder(dir), 1);

    it('names a tensor whose shape is not the manifest’s', async () => {
      await change('manifest.json', (manifest) => {
        const shapes = manifest['shapes'] as Record<string, { inputs: Record<string, unknown> }>;
        shapes['audio_encoder']!.inputs['past_conv1'] = [1, 8, 3];
      });
      expect(await problem(open)).toMatch(
        /onnx\/audio_encoder\.onnx: past_conv1 is \[1, 8, 2\], manifest\.json says \[1, 8, 3\]/,
      );
    });

    it('names a cache that is not what the settings say', async () => {
      await change('config.json', (config) => ((config['text'] as Json)['layers'] = 7));
      await reseal('config.json');
      expect(await problem(open)).toMatch(
        /onnx\/decoder_model\.onnx: keeps 4 KV heads of 8, config\.json says 7 layers of 2/,
      );
    });

    it('names a number of tokens that a frame does not have', async () => {
      await change('config.json', (config) => ((config['vision'] as Json)['tokens_per_frame'] = 37));
      await reseal('config.json');
      expect(await problem(async () => openFolder(await loadFolder(dir), 1))).toBe(
        'model folder …: config.json: vision.tokens_per_frame is 37, but vision_encoder makes 4 of a frame',
      );
    }, 30_000);

    it.each<[string, (audio: Json) => void, RegExp]>([
      [
        'that is not there',
        (audio) => (audio['turn_end'] = { layers: 2, heads: 2, head_dim: 4 }),
        /onnx\/audio_encoder\.onnx: has no cache for layer 3, config\.json says 2 heads of 4$/,
      ],
      [
        'that is not in the settings',
        (audio) => delete audio['turn_end'],
        /onnx\/audio_encoder\.onnx: has a cache of 2 heads of 4 for layer 2, config\.json says none$/,
      ],
    ])('names a turn-end head %s', async (_, edit, expected) => {
      await change('config.json', (config) => edit(config['audio'] as Json));
      await reseal('config.json');
      expect(await problem(open)).toMatch(expected);
    });

    it('names a file that is no ONNX model', async () => {
      await writeFile(join(dir, 'onnx/embed_tokens.onnx'), 'not a model');
      await reseal('onnx/embed_tokens.onnx');
      expect(await problem(open)).toMatch(/onnx\/embed_tokens\.onnx: /);
    });
  });
});

describe('FolderTokenizer', () => {
  let folder: ModelFolder;
  beforeAll(async () => {
    folder = await loadModelFolder(TEST_MODEL);
  });

  it('spells text in tokens and special tokens as nothing', async () => {
    const tokenizer = await FolderTokenizer.load(folder);
    const ids = tokenizer.encode('what color is the star');
    expect(ids.map((id) => tokenizer.spelling(id)).join('')).toBe('whatĠcolorĠisĠtheĠstar');
    expect(
      Object.values(folder.special)
        .map((id) => tokenizer.spelling(id))
        .join(''),
    ).toBe('');
  });
});
