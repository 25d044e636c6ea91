import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FakeHub } from '../../modules/decoder/testing/hub/fake-hub.js';
import { Gateway } from './support/gateway.js';

const MODEL = resolve('models/visavis-pocket');
const NAME = 'vis-a-vis/pocket';

/** Real: the built gateway as its own process, and the shipped model. Not real: the hub, a server on loopback that speaks its API. */
describe('a gateway whose model is on a hub', () => {
  let hub: FakeHub;
  let cache: string;
  beforeAll(async () => {
    const entries = await readdir(MODEL, { recursive: true, withFileTypes: true });
    const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
    const files = await Promise.all(
      paths.map(async (path) => [path.slice(MODEL.length + 1), await readFile(path)] as const),
    );
    hub = await FakeHub.start(NAME, Object.fromEntries(files));
    cache = await mkdtemp(join(tmpdir(), 'visavis-cache-'));
  });
  afterAll(async () => {
    await hub.stop();
    await rm(cache, { recursive: true });
  });

  const settings = () => ({
    VISAVIS_MODEL: `hf:${NAME}`,
    VISAVIS_HUB_URL: hub.url,
    VISAVIS_CACHE: cache,
  });

  async function started() {
    const gateway = await Gateway.start(settings());
    const { status } = await fetch(`${gateway.url}health`);
    const { stdout } = await gateway.stop();
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    return { status, logged: lines.map((line) => JSON.parse(line) as { msg: string; percent?: number }) };
  }

  it('fetches it, tells how far it is, and serves; later without the hub', async () => {
    hub.mishaps.push({ do: 'break', after: 100 });
    const first = await started();
    expect(first.status).toBe(200);
    expect(first.logged.flatMap(({ percent }) => percent ?? []).at(-1)).toBe(100);
    hub.down = true;
    const later = await started();
    expect(later.status).toBe(200);
    const warned = expect.stringMatching(/503; going on with a{40}/) as string;
    expect(later.logged.map(({ msg }) => msg)).toContainEqual(warned);
  });

  it('says in one line what is wrong with it, and does not start', async () => {
    hub.down = false;
    const missing = Gateway.start({ ...settings(), VISAVIS_MODEL: 'hf:nobody/nothing' });
    await expect(missing).rejects.toThrow(
      'bad_model: hf:nobody/nothing@main: the hub has no such model or revision',
    );
    await expect(Gateway.start({ ...settings(), VISAVIS_MODEL: 'hf:nothing' })).rejects.toThrow(
      'bad_config: hf:nothing',
    );
  });
});
