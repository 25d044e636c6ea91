import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadFolder, openFolder } from '../../local/onnx/load-folder.js';

// Real: the tiny exports of test/fixtures/models, each broken in one way, and onnxruntime.

type Json = Record<string, unknown>;

const TINY = {
  gemma3n: resolve('test/fixtures/models/tiny-gemma3n'),
  gemma4: resolve('test/fixtures/models/tiny-gemma4'),
};

describe('a standard folder', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'visavis-model-'));
    await cp(TINY.gemma3n, dir, { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** Most exports in the wild have no manifest. */
  const withoutManifest = () => rm(join(dir, 'manifest.json'));

  const change = async (file: string, edit: (json: Json) => void): Promise<void> => {
    const json = JSON.parse(await readFile(join(dir, file), 'utf8')) as Json;
    edit(json);
    await writeFile(join(dir, file), JSON.stringify(json));
  };

  /** Puts one string in place of another of the same length, as in an export that names its tensors otherwise. */
  const patch = async (file: string, from: string, to: string): Promise<void> => {
    const data = (await readFile(join(dir, file))).toString('latin1');
    expect(data).toContain(from);
    expect(to).toHaveLength(from.length);
    await writeFile(join(dir, file), data.replaceAll(from, to), 'latin1');
  };

  const problem = async (load: () => Promise<unknown> = () => loadFolder(dir)): Promise<string> => {
    const error: unknown = await load().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'bad_model' });
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message.replace(dir, '…');
  };
  const open = async () => openFolder(await loadFolder(dir), 1);

  it('is known by its model type, with or without a manifest', async () => {
    expect(await loadFolder(dir)).toMatchObject({
      layout: 'standard',
      modelType: 'gemma3n',
      license: 'Apache-2.0',
      config: { modelId: 'tiny-gemma3n-1', vision: { imageSize: 16, tokensPerFrame: 7 } },
    });
    await withoutManifest();
    expect(await loadFolder(dir)).toMatchObject({ license: 'unknown', parameters: 0 });
    expect(await loadFolder(TINY.gemma4)).toMatchObject({
      modelType: 'gemma4',
      patches: { size: 4, pool: 2 },
    });
  });

  it('names a file that the manifest lists and that is damaged', async () => {
    await patch('onnx/audio_encoder.onnx', 'input_features', 'input_featurez');
    expect(await problem()).toMatch(
      /: onnx\/audio_encoder\.onnx: sha256 is \w{64}, manifest\.json says \w{64}$/,
    );
  });

  it('names a file that the manifest lists and that is cut off', async () => {
    const data = await readFile(join(dir, 'onnx/decoder_model_merged.onnx'));
    await writeFile(join(dir, 'onnx/decoder_model_merged.onnx'), data.subarray(0, 500));
    expect(await problem()).toMatch(
      /: onnx\/decoder_model_merged\.onnx: has 500 bytes, manifest\.json says \d+$/,
    );
  });

  it.each([
    'config.json',
    'generation_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'preprocessor_config.json',
    'processor_config.json',
    'chat_template.jinja',
    'onnx/embed_tokens.onnx',
    'onnx/vision_encoder.onnx',
    'onnx/audio_encoder.onnx',
    'onnx/decoder_model_merged.onnx',
  ])('names %s where it is missing', async (file) => {
    await withoutManifest();
    await rm(join(dir, file));
    expect(await problem()).toMatch(new RegExp(`: ${file.replaceAll('.', '\\.')}: is missing`));
  });

  it('names a model type that it does not know', async () => {
    await withoutManifest();
    await change('config.json', (config) => (config['model_type'] = 'qwen3_5'));
    expect(await problem()).toBe(
      'model folder …: config.json: model_type: qwen3_5 is not one of visavis-pocket, gemma3n, gemma4, visavis-pocket-standard, llama',
    );
  });

  it('names a setting that is missing', async () => {
    await withoutManifest();
    await change('preprocessor_config.json', (config) => delete config['mel_floor']);
    expect(await problem()).toMatch(/: preprocessor_config\.json: mel_floor: /);
  });

  it('takes weights of another type where config.json says so, or where there are no others', async () => {
    await withoutManifest();
    const [plain, quantized] = ['', '_q4'].map((suffix) => `onnx/decoder_model_merged${suffix}.onnx`);
    await rename(join(dir, plain ?? ''), join(dir, quantized ?? ''));
    expect(await loadFolder(dir)).toMatchObject({ files: { decoder_model_merged: quantized } });
    await change('config.json', (config) => (config['transformers.js_config'] = { dtype: 'q8' }));
    expect(await problem()).toMatch(/: onnx\/embed_tokens_quantized\.onnx: is missing$/);
    await change('config.json', (config) => (config['transformers.js_config'] = { dtype: 'fp16' }));
    expect(await problem()).toMatch(/: config\.json: dtype fp16 of embed_tokens is not one of fp32, /);
  });

  it('names weights beside a graph that are missing', async () => {
    await withoutManifest();
    const use_external_data_format = { 'decoder_model_merged.onnx': 2 };
    await change(
      'config.json',
      (config) => (config['transformers.js_config'] = { use_external_data_format }),
    );
    await writeFile(join(dir, 'onnx/decoder_model_merged.onnx_data'), '');
    expect(await problem()).toMatch(/: onnx\/decoder_model_merged\.onnx_data_1: is missing$/);
  });

  it('refuses a cache that cannot be cut off', async () => {
    await withoutManifest();
    await patch('onnx/decoder_model_merged.onnx', 'past_key_values.1.key', 'past_recurrent.000001');
    expect(await problem(open)).toMatch(
      /: onnx\/decoder_model_merged\.onnx: keeps past_recurrent\.000001: a hybrid cache, which cannot be rolled back by cutting it off, is not supported$/,
    );
  });

  it('names an input that it does not know, and one that it needs', async () => {
    await withoutManifest();
    await patch('onnx/decoder_model_merged.onnx', 'position_ids', 'cache_offset');
    expect(await problem(open)).toMatch(
      /: onnx\/decoder_model_merged\.onnx: takes cache_offset, which is not known/,
    );
    await cp(TINY.gemma3n, dir, { recursive: true });
    await withoutManifest();
    await patch('onnx/audio_encoder.onnx', 'audio_features', 'sound_features');
    expect(await problem(open)).toMatch(/: onnx\/audio_encoder\.onnx: audio_features is missing$/);
  });

  it('names shapes that do not fit together', async () => {
    await withoutManifest();
    await change('config.json', (config) => ((config['text_config'] as Json)['hidden_size'] = 32));
    expect(await problem(open)).toMatch(
      /: onnx\/decoder_model_merged\.onnx: inputs_embeds is \[batch_size, sequence_length, 16\], expected \[batch, sequence, 32\]$/,
    );
  });

  it('names a picture size that the encoder does not take', async () => {
    await withoutManifest();
    await change('preprocessor_config.json', (config) => (config['size'] = { width: 24, height: 24 }));
    expect(await problem(open)).toMatch(
      /: onnx\/vision_encoder\.onnx: pixel_values is \[images, 3, 16, 16\], expected/,
    );
  });

  it('names a number of tokens that the encoder does not give', async () => {
    await withoutManifest();
    await change('processor_config.json', (config) => (config['image_seq_length'] = 9));
    expect(await problem(open)).toMatch(/: onnx\/vision_encoder\.onnx: a picture is 7 tokens, not 12$/);
  });

  it('names a file that is no ONNX model', async () => {
    await withoutManifest();
    await writeFile(join(dir, 'onnx/embed_tokens.onnx'), 'not a model');
    expect(await problem(open)).toMatch(/: onnx\/embed_tokens\.onnx: /);
  });

  it('names a chat template that does not come apart', async () => {
    await withoutManifest();
    await writeFile(join(dir, 'chat_template.jinja'), '{{ messages | length }} messages');
    expect(await problem(open)).toMatch(/: chat_template\.jinja: it leaves out what was said$/);
    await writeFile(join(dir, 'chat_template.jinja'), '{% for');
    expect(await problem(open)).toMatch(/: chat_template\.jinja: /);
  });

  it('keeps text from being taken for a special token, and spells tokens as bytes', async () => {
    const { codec } = await open();
    const ids = codec.encode('<end_of_turn> the see é');
    expect(ids).not.toContain(11);
    expect(codec.spelling(11)).toBe('');
    expect(ids.map((id) => codec.spelling(id)).join('')).toBe('<Ġend_of_turn>ĠtheĠseeĠÃ©');
  });
});
