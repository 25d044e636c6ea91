import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseKeys } from '../src/keys/keys-file.js';
import { hashOf } from '../src/keys/token.js';

/** Real: the script as its own process, and the gateway's own reading of what it writes. */
const SCRIPT = fileURLToPath(new URL('key.mjs', import.meta.url));
let folder;
let file;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavis-key-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true }));
const key = (...args) => spawnSync(process.execPath, [SCRIPT, ...args, '--file', file], { encoding: 'utf8' });

describe('npm run key', () => {
  it('makes a key whose hash alone is kept, beside the others', async () => {
    const first = key('acme');
    const limits = '--concurrent-calls 4 --minutes-per-day 1.5 --sessions-per-minute 30';
    const more = `--scopes realtime,metrics ${limits} --origins https://a.example --expires 2027-01-01T00:00:00Z`;
    const second = key('other', ...more.split(' '));
    expect([first.status, second.status]).toEqual([0, 0]);
    const text = await readFile(file, 'utf8');
    const { keys } = parseKeys(text);
    expect(keys.map(({ id }) => id)).toEqual(['acme', 'other']);
    for (const [n, { stdout }] of [first, second].entries()) {
      expect(stdout).toMatch(/^vv_(acme|other)_[\w-]{43}\n$/);
      expect(keys[n].hash).toEqual(hashOf(stdout.trim()));
      expect(text).not.toContain(stdout.trim());
    }
    expect(keys[1]).toMatchObject({
      scopes: ['realtime', 'metrics'],
      limits: { concurrentCalls: 4, minutesPerDay: 1.5, sessionsPerMinute: 30 },
      origins: ['https://a.example'],
      expiresAtMs: Date.UTC(2027, 0, 1),
    });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('tells how it is used, where it is asked', async () => {
    const { status, stdout, stderr } = key('--help');
    expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(/^usage: npm run key -- <id>/), '']);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it.each([
    ['no id', []],
    ['an id that is none', ['a b']],
    ['an unknown option', ['acme', '--minutes', '5']],
    ['a limit that is no number', ['acme', '--minutes-per-day', 'many']],
  ])('is refused with %s, and writes nothing', async (_name, args) => {
    const { status, stdout, stderr } = key(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).not.toMatch(/^ +at /m);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it('spoils no file that it does not understand, and takes no id twice', async () => {
    await writeFile(file, 'notes');
    expect(key('acme').status).toBe(1);
    expect(await readFile(file, 'utf8')).toBe('notes');
    await writeFile(file, '{"keys":[]}');
    expect([key('acme').status, key('acme').status]).toEqual([0, 1]);
    expect(parseKeys(await readFile(file, 'utf8')).keys).toHaveLength(1);
  });
});
