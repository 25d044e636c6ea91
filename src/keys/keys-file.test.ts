import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseKeys, readKeysFile } from './keys-file.js';
import { reload } from './reload.js';
import { accessWith, asking, keyFor, keysText } from './testing/keys.js';

const HASH = `sha256:${'0'.repeat(64)}`;
const text = (...keys: object[]): string => JSON.stringify({ keys });

describe('the file of keys', () => {
  it('says what each key is for, and up to which limits', () => {
    const { keys, jwt } = parseKeys(
      JSON.stringify({
        keys: [
          { id: 'plain', hash: HASH },
          {
            id: 'full',
            hash: HASH.replace('00', 'ff'),
            scopes: ['realtime', 'metrics'],
            expires_at: '2027-01-01T00:00:00+01:00',
            limits: { concurrent_calls: 2, minutes_per_day: 1.5, sessions_per_minute: 3 },
            origins: ['https://app.example'],
          },
        ],
        jwt: { limits: { concurrent_calls: 1 } },
      }),
    );
    const none = { concurrentCalls: Infinity, minutesPerDay: Infinity, sessionsPerMinute: Infinity };
    expect(keys[0]).toMatchObject({
      id: 'plain',
      scopes: ['realtime'],
      expiresAtMs: null,
      limits: none,
      origins: null,
    });
    expect(keys[0]?.hash).toHaveLength(32);
    expect(keys[1]).toMatchObject({
      scopes: ['realtime', 'metrics'],
      expiresAtMs: Date.UTC(2026, 11, 31, 23),
      limits: { concurrentCalls: 2, minutesPerDay: 1.5, sessionsPerMinute: 3 },
      origins: ['https://app.example'],
    });
    expect(jwt).toEqual({ limits: { ...none, concurrentCalls: 1 }, origins: null });
  });

  it.each([
    ['no JSON', '{"keys": [vv_secret', 'it is not valid JSON'],
    ['no keys', '{}', 'keys: '],
    ['a key in the clear', text({ id: 'a', hash: 'vv_secret' }), 'keys.0.hash: '],
    ['a misspelt limit', text({ id: 'a', hash: HASH, limits: { concurrent_call: 1 } }), 'keys.0.limits: '],
    [
      'a negative limit',
      text({ id: 'a', hash: HASH, limits: { minutes_per_day: -1 } }),
      'keys.0.limits.minutes_per_day: ',
    ],
    ['an id that could be a token’s', text({ id: 'jwt:a', hash: HASH }), 'keys.0.id: '],
    [
      'a path for an origin',
      text({ id: 'a', hash: HASH, origins: ['https://a.example/x'] }),
      'keys.0.origins.0: ',
    ],
    ['an unknown scope', text({ id: 'a', hash: HASH, scopes: ['all'] }), 'keys.0.scopes.0: '],
    [
      'two of one id',
      text({ id: 'a', hash: HASH }, { id: 'a', hash: HASH.replace('00', 'ff') }),
      'keys.1.id: ',
    ],
    ['one key twice', text({ id: 'a', hash: HASH }, { id: 'b', hash: HASH }), 'keys.1.hash: '],
  ])('is refused with %s, at its place, without showing it', (_name, file, where) => {
    let message = '';
    try {
      parseKeys(file);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.startsWith(`VISAVIS_API_KEYS_FILE: ${where}`)).toBe(true);
    expect(message).not.toContain('vv_secret');
    expect(message).not.toContain('000');
  });

  it('is missed by its name', async () => {
    await expect(readKeysFile('/no/such/file')).rejects.toMatchObject({ code: 'bad_config' });
  });
});

describe('reading the keys anew', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-keys-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('keeps the old ones where the file is broken, and says so without showing it', async () => {
    const path = join(folder, 'keys.json');
    await writeFile(path, keysText([{ id: 'old' }]));
    const access = accessWith({ keys: await readKeysFile(path) });
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });

    await writeFile(path, '{"keys": [vv_secret');
    await reload(path, access, logger);
    expect((await access.authorize(asking(keyFor('old')))).tenant).toBe('old');
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 50, code: 'bad_config' });

    await writeFile(path, keysText([{ id: 'new' }]));
    await reload(path, access, logger);
    await expect(access.authorize(asking(keyFor('old')))).rejects.toMatchObject({ code: 'invalid_api_key' });
    expect((await access.authorize(asking(keyFor('new')))).tenant).toBe('new');
    expect(JSON.parse(lines[1]!)).toMatchObject({ level: 30, keys: 1 });
    expect(lines.join('')).not.toMatch(/vv_|[0-9a-f]{64}/);
  });
});
