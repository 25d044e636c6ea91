import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FakeHub, type Mishap } from '../../testing/hub/fake-hub.js';
import { loadStandardFolder } from '../gemma/standard-folder.js';
import { parseHubId, type HubId } from './hub-api.js';
import { fetchHubModel, type HubOptions, type HubProgress } from './hub-model.js';

// Real: HTTP over loopback, the files, their hashes. Not real: the hub, which is a server of ours that speaks its API.

const NAME = 'org/tiny';
const main: HubId = { name: NAME, revision: 'main' };
const WEIGHTS = 'onnx/decoder_model_merged.onnx';

const bytes = (length: number, seed = 7) => Uint8Array.from({ length }, (_, n) => (n * seed + seed) % 251);
const FILES = {
  'config.json': new TextEncoder().encode('{"model_type":"gemma4"}'),
  'tokenizer.json': bytes(900),
  'README.md': bytes(30),
  'original/model.safetensors': bytes(30),
  [WEIGHTS]: bytes(5000),
  'onnx/decoder_model_merged.onnx_data': bytes(3000, 3),
  'onnx/decoder_model_merged_q4.onnx': bytes(700),
  'onnx/embed_tokens_fp16.onnx': bytes(40),
  'onnx/embed_tokens_quantized.onnx': bytes(50),
};

let hub: FakeHub;
let cache: string;
let options: HubOptions;

beforeEach(async () => {
  hub = await FakeHub.start(NAME, FILES);
  cache = await mkdtemp(join(tmpdir(), 'visavis-hub-'));
  options = { endpoint: hub.url, cache, retryMs: 1 };
});
afterEach(async () => {
  await hub.stop();
  await rm(cache, { recursive: true });
});

const filesOf = async (dir: string) => {
  const all = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1)).toSorted();
};

describe('a model on a hub', () => {
  it('is named by its id, and by a revision', () => {
    expect(parseHubId('hf:org/name')).toEqual({ name: 'org/name', revision: 'main' });
    expect(parseHubId('hf:org/na.me-1@refs/pr/3')).toEqual({ name: 'org/na.me-1', revision: 'refs/pr/3' });
    expect(parseHubId('models/visavis-pocket')).toBeNull();
    for (const text of [
      'hf:name',
      'hf:a/b/c',
      'hf:../b',
      'hf:a/b@',
      'hf:a/b@..',
      'hf:a/..b@x/../y',
      'hf:a b/c',
    ]) {
      expect(() => parseHubId(text)).toThrow(expect.objectContaining({ code: 'bad_config' }));
    }
  });

  it('is fetched with what the engine takes of it, and nothing else', async () => {
    const seen: HubProgress[] = [];
    const dir = await fetchHubModel(main, { ...options, onProgress: (progress) => seen.push(progress) });
    expect(dir).toBe(join(cache, 'hub/org--tiny', 'a'.repeat(40)));
    const taken = [
      'config.json',
      WEIGHTS,
      `${WEIGHTS}_data`,
      'onnx/embed_tokens_quantized.onnx',
      'tokenizer.json',
    ];
    expect(await filesOf(dir)).toEqual(['.complete.json', ...taken].toSorted());
    expect(new Uint8Array(await readFile(join(dir, WEIGHTS)))).toEqual(FILES[WEIGHTS]);
    // Never of the small files alone: those are all there long before the weights are.
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([8973]));
    expect(seen.at(-1)?.done).toBe(8973);
  });

  it('is asked for once: of a commit nothing more, of a branch what it is now', async () => {
    const commit = { name: NAME, revision: 'a'.repeat(40) };
    const dir = await fetchHubModel(commit, options);
    const before = hub.asked.length;
    expect(await fetchHubModel(commit, options)).toBe(dir);
    expect(hub.asked).toHaveLength(before);
    expect(await fetchHubModel(main, options)).toBe(dir);
    expect(hub.asked.slice(before)).toEqual(['list main']);
    hub.refs.set('main', 'b'.repeat(40));
    expect(await fetchHubModel(main, options)).toBe(join(cache, 'hub/org--tiny', 'b'.repeat(40)));
  });

  it('is what a branch was last time where the hub cannot be reached, and says so', async () => {
    const dir = await fetchHubModel(main, options);
    const warned: string[] = [];
    hub.down = true;
    expect(await fetchHubModel(main, { ...options, onWarn: (line) => warned.push(line) })).toBe(dir);
    await hub.stop();
    expect(await fetchHubModel(main, { ...options, onWarn: (line) => warned.push(line) })).toBe(dir);
    expect(warned).toEqual([
      expect.stringMatching(/503; going on with a{40}/),
      expect.stringMatching(/going on/),
    ]);
    await expect(fetchHubModel({ name: NAME, revision: 'v2' }, options)).rejects.toMatchObject({
      code: 'bad_model',
    });
  });

  it('goes on where it broke off, within an attempt and in the next', async () => {
    hub.mishaps.push({ do: 'status', status: 500 }, { do: 'break', after: 10 });
    await fetchHubModel(main, options);
    expect(hub.asked.slice(1, 4)).toEqual(['config.json', 'config.json', 'config.json from 10']);
    await rm(cache, { recursive: true });

    hub.asked.length = 0;
    const broken: Mishap[] = Array.from({ length: 6 }, () => ({ do: 'break', after: 100 }));
    // Nothing happens to config.json and tokenizer.json.
    hub.mishaps.push({ do: 'whole' }, { do: 'whole' }, ...broken);
    await expect(fetchHubModel(main, options)).rejects.toMatchObject({ code: 'bad_model' });
    hub.asked.length = 0;
    await fetchHubModel(main, options);
    expect(hub.asked.slice(0, 2)).toEqual(['list main', `${WEIGHTS} from 600`]);
  });

  it.each([
    ['is sent whole where a part was asked for', { do: 'whole' }],
    ['is not what the hub lists', { do: 'change' }],
    ['is longer than the hub lists', { do: 'more' }],
    ['cannot be had from there', { do: 'status', status: 416 }],
  ] as [string, Mishap][])('is fetched anew where a file %s', async (_, mishap) => {
    hub.mishaps.push({ do: 'break', after: 10 }, mishap);
    const dir = await fetchHubModel(main, options);
    expect(new Uint8Array(await readFile(join(dir, 'config.json')))).toEqual(FILES['config.json']);
    expect(await filesOf(dir)).not.toContainEqual(expect.stringMatching(/part$/));
  });

  it('is not taken where it stays another than the hub lists', async () => {
    hub.mishaps.push(...Array.from({ length: 6 }, () => ({ do: 'change' }) as const));
    await expect(fetchHubModel(main, options)).rejects.toMatchObject({
      code: 'bad_model',
      message: expect.stringMatching(/^hf:org\/tiny@main: config\.json: its hash is/) as string,
    });
  });

  it('is fetched again where a file was cut off since', async () => {
    const dir = await fetchHubModel(main, options);
    await truncate(join(dir, WEIGHTS), 100);
    await fetchHubModel(main, options);
    expect(new Uint8Array(await readFile(join(dir, WEIGHTS)))).toEqual(FILES[WEIGHTS]);
  });

  it('is asked for with the token, which goes to the hub alone', async () => {
    await fetchHubModel(main, { ...options, token: 'secret' });
    expect(new Set(hub.tokens.hub)).toEqual(new Set(['Bearer secret']));
    expect(new Set(hub.tokens.store)).toEqual(new Set([undefined]));
  });

  it.each([
    ['which it does not have', () => (hub.refs.clear(), undefined), /no such model or revision/],
    [
      'with a path that leads out',
      (l: { siblings: object[] }) => ({ ...l, siblings: [{ ...l.siblings[0], rfilename: '../x' }] }),
      /no path/,
    ],
    ['as nothing of its API', () => ({ sha: 'main' }), /not as its API has it/],
    [
      'without a config.json',
      (l: { siblings: object[] }) => ({ ...l, siblings: l.siblings.slice(1) }),
      /no config\.json/,
    ],
    [
      'without weights',
      (l: { siblings: object[] }) => ({ ...l, siblings: l.siblings.slice(0, 2) }),
      /no ONNX weights/,
    ],
  ] as const)('is refused where the hub lists it %s', async (_, listing, message) => {
    if (message.source.startsWith('no such')) hub.refs.clear();
    else hub.listing = listing as never;
    await expect(fetchHubModel(main, options)).rejects.toMatchObject({
      code: 'bad_model',
      message: expect.stringMatching(message) as string,
    });
  });

  it('ends by its signal', async () => {
    const abort = new AbortController();
    const onProgress = ({ done }: HubProgress) => done > 1000 && abort.abort();
    const fetching = fetchHubModel(main, { ...options, signal: abort.signal, onProgress });
    await expect(fetching).rejects.toMatchObject({ code: 'aborted' });
  });

  it('loads as any folder does', async () => {
    const from = resolve('test/fixtures/models/tiny-gemma4');
    const entries = await filesOf(from);
    const files = await Promise.all(entries.map(async (path) => [path, await readFile(join(from, path))]));
    const other = await FakeHub.start(NAME, Object.fromEntries(files) as Record<string, Uint8Array>);
    try {
      const dir = await fetchHubModel(main, { ...options, endpoint: other.url });
      const folder = await loadStandardFolder(dir, 'gemma4');
      expect(Object.keys(folder.files)).toHaveLength(4);
    } finally {
      await other.stop();
    }
  });
});
