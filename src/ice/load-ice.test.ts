import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadIce } from './load-ice.js';

/** Real: a file. */
describe('loadIce', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const turn = { urls: ['turn:turn.example'] };
  const load = (turnSecretFile: string | null, iceServers: { urls: string[]; username?: string }[]) =>
    loadIce({ iceServers, turnSecretFile, turnTtlS: 60 });

  test('takes a secret as its file has it, without the line end', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, 'north\n');
    const [server] = (await load(file, [turn])).for('acme').ice_servers;
    expect(server?.username).toMatch(/^\d+:acme$/);
    expect(server?.credential).toMatch(/^[\w+/]{27}=$/);
  });

  test('says what is missing', async () => {
    const empty = join(folder, 'empty');
    await writeFile(empty, ' \n');
    const bad = (message: RegExp) =>
      expect.objectContaining({ code: 'bad_config', message: expect.stringMatching(message) as string });
    await expect(load(null, [turn])).rejects.toEqual(bad(/^VISAVIS_ICE_SERVERS: a TURN server needs/));
    await expect(load(empty, [turn])).rejects.toEqual(bad(/^VISAVIS_TURN_SECRET_FILE: .* is empty$/));
    await expect(load(join(folder, 'none'), [])).rejects.toEqual(bad(/^VISAVIS_TURN_SECRET_FILE: .*ENOENT/));
    await expect(load(null, [{ ...turn, username: 'u' }])).resolves.toBeDefined();
  });
});
