import { defaultSession, mergeSession } from '@vis-a-vis/protocol';
import { accessWith, asking, HandClock, keyFor, keySet, refusalOf } from './testing/keys.js';

/** Real: all of it but the clock. */
const codeOf = (work: () => unknown): Promise<string | null> => refusalOf((async () => work())());
const NOBODY = { ttlS: 600, fixed: false };

describe('a key', () => {
  const access = accessWith({
    keys: keySet([
      { id: 'acme' },
      { id: 'other' },
      { id: 'watch', scopes: ['metrics'] },
      { id: 'old', expires_at: '2025-12-31T23:59:59Z' },
      { id: 'paged', origins: ['https://app.example'] },
    ]),
  });

  it('tells whose calls they are', async () => {
    expect((await access.authorize(asking(keyFor('acme')))).tenant).toBe('acme');
    expect((await access.authorize(asking(keyFor('other')))).tenant).toBe('other');
  });

  it('may come by the subprotocols of a WebSocket', async () => {
    const protocols = { 'sec-websocket-protocol': `realtime, openai-insecure-api-key.${keyFor('acme')}` };
    expect((await access.authorize(asking(null, protocols))).tenant).toBe('acme');
  });

  it.each([
    ['missing_api_key', null],
    ['invalid_api_key', 'vv_acme_Secret'],
    ['invalid_api_key', ''.padEnd(20_000, 'x')],
    ['invalid_api_key', `ek_${'a'.repeat(55)}`],
    ['invalid_api_key', 'a.b.c'],
    ['insufficient_permissions', keyFor('watch')],
    ['expired_api_key', keyFor('old')],
  ])('is refused with %s', async (expected, key) => {
    expect(await refusalOf(access.authorize(asking(key)))).toBe(expected);
  });

  it('is never in the message of a refusal', async () => {
    for (const key of ['vv_wrong', keyFor('watch'), keyFor('old')]) {
      await expect(access.authorize(asking(key))).rejects.toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(key) }),
      );
    }
  });

  it('is used by the pages that it names, and by what is no page', async () => {
    const from = (origin: string) => refusalOf(access.authorize(asking(keyFor('paged'), { origin })));
    expect(await from('https://app.example')).toBeNull();
    expect(await from('https://evil.example')).toBe('origin_not_allowed');
    // Its own page, too, is none of those.
    expect(await from('http://127.0.0.1:8080')).toBe('origin_not_allowed');
    expect(await refusalOf(access.authorize(asking(keyFor('paged'))))).toBeNull();
  });

  it('that names none is used by pages that the gateway takes', async () => {
    const from = (origin: string) => refusalOf(access.authorize(asking(keyFor('acme'), { origin })));
    expect(await from('http://127.0.0.1:8080')).toBeNull();
    expect(await from('https://app.example')).toBe('origin_not_allowed');
  });

  it('lets the pages that any key names read the answers', () => {
    expect(access.pageAllowed(asking(null), 'https://app.example')).toBe(true);
    expect(access.pageAllowed(asking(null), 'https://evil.example')).toBe(false);
  });
});

describe('the limits of a key', () => {
  const clock = new HandClock();
  const limits = { concurrent_calls: 2, sessions_per_minute: 3, minutes_per_day: 1 };
  const setUp = async () => {
    clock.ms = 0;
    const access = accessWith({ now: clock.now, keys: keySet([{ id: 'acme', limits }, { id: 'other' }]) });
    return { access, acme: await access.authorize(asking(keyFor('acme'))) };
  };

  it('count for all that is done with it, whichever request it came with, and for nobody else', async () => {
    const { access, acme } = await setUp();
    acme.open();
    (await access.authorize(asking(keyFor('acme')))).open();
    expect(await codeOf(() => acme.open())).toBe('rate_limit_exceeded');
    const { value } = await acme.mint({}, NOBODY);
    const byPage = await access.authorize(asking(value));
    expect(await codeOf(() => byPage.open())).toBe('rate_limit_exceeded');
    (await access.authorize(asking(keyFor('other')))).open();
  });

  it('end a call that is over its minutes, once, with a code', async () => {
    const { access, acme } = await setUp();
    const why: string[] = [];
    const lease = acme.open();
    acme.open();
    lease.started((error) => why.push(`${error.code} ${error.param}`));
    clock.ms = 59_999;
    access.tick();
    expect(why).toEqual([]);
    clock.ms = 60_000;
    access.tick();
    access.tick();
    expect(why).toEqual(['insufficient_quota minutes_per_day']);
    lease.end();
    lease.end();
    expect(await codeOf(() => acme.open())).toBe('insufficient_quota');
    // The next day.
    clock.ms = 86_400_000;
    expect(await codeOf(() => acme.open())).toBeNull();
  });

  it('are given back when a session ends, also one that never began', async () => {
    const { acme } = await setUp();
    for (const lease of [acme.open(), acme.open()]) lease.end();
    clock.ms = 60_000;
    acme.open();
    acme.open();
    expect(await codeOf(() => acme.open())).toBe('rate_limit_exceeded');
  });
});

describe('a client secret', () => {
  const clock = new HandClock();
  const setUp = async () => {
    clock.ms = 0;
    const access = accessWith({
      now: clock.now,
      keys: keySet([{ id: 'acme', origins: ['https://app.example'] }, { id: 'other' }]),
    });
    return { access, acme: await access.authorize(asking(keyFor('acme'))) };
  };

  it('is good for its time, as often as one likes, and carries its session', async () => {
    const { access, acme } = await setUp();
    const { value, expiresAtS } = await acme.mint({ instructions: 'Be brief.' }, { ttlS: 30, fixed: false });
    expect(value).toMatch(/^ek_[\w-]{55}$/);
    expect(expiresAtS).toBe(Date.UTC(2026, 0, 1) / 1000 + 30);
    for (clock.ms of [0, 29_999]) {
      expect(await access.authorize(asking(value))).toMatchObject({
        tenant: 'acme',
        session: { instructions: 'Be brief.' },
      });
    }
    clock.ms = 30_000;
    expect(await refusalOf(access.authorize(asking(value)))).toBe('expired_api_key');
  });

  it('is refused where it differs in one letter', async () => {
    const { access, acme } = await setUp();
    const { value } = await acme.mint({}, NOBODY);
    for (const at of [3, 20, value.length - 2]) {
      const other = value[at] === 'A' ? 'B' : 'A';
      expect(
        await refusalOf(access.authorize(asking(value.slice(0, at) + other + value.slice(at + 1)))),
      ).toBe('invalid_api_key');
    }
  });

  it('makes no further ones, and is used by the pages of its key', async () => {
    const { access, acme } = await setUp();
    const { value } = await acme.mint({}, NOBODY);
    const grant = await access.authorize(asking(value, { origin: 'https://app.example' }));
    expect(await codeOf(() => grant.mint({}, NOBODY))).toBe('insufficient_permissions');
    expect(await refusalOf(access.authorize(asking(value, { origin: 'https://other.example' })))).toBe(
      'origin_not_allowed',
    );
  });

  it('may fix what it says of the session', async () => {
    const { access, acme } = await setUp();
    const patch = { instructions: 'Be brief.' };
    const before = mergeSession(defaultSession('sess_1', 'model'), patch);
    const after = mergeSession(before, { instructions: 'Be long.' });
    const free = await access.authorize(asking((await acme.mint(patch, NOBODY)).value));
    free.checkChange(before, after);
    const fixed = await access.authorize(asking((await acme.mint(patch, { ttlS: 600, fixed: true })).value));
    fixed.checkChange(before, mergeSession(before, { max_output_tokens: 5 }));
    expect(() => fixed.checkChange(before, after)).toThrow(
      expect.objectContaining({ code: 'session_fixed', param: 'session.instructions' }),
    );
  });
});

describe('keys that are read anew', () => {
  it('end what was opened and minted with a key that has gone or changed, and leave the rest', async () => {
    const access = accessWith({ keys: keySet([{ id: 'gone' }, { id: 'changed' }, { id: 'stays' }]) });
    const ended: string[] = [];
    const secrets: string[] = [];
    for (const id of ['gone', 'changed', 'stays']) {
      const grant = await access.authorize(asking(keyFor(id)));
      grant.open().started(({ code: why }) => ended.push(`${id} ${why}`));
      secrets.push((await grant.mint({}, NOBODY)).value);
    }
    const late = (await access.authorize(asking(keyFor('gone')))).open();
    const { keys, jwt } = keySet([{ id: 'changed' }, { id: 'stays' }]);
    access.replaceKeys({
      jwt,
      keys: keys.map((key) => (key.id === 'changed' ? { ...key, hash: new Uint8Array(32) } : key)),
    });
    expect(ended).toEqual(['gone invalid_api_key', 'changed invalid_api_key']);
    // Its client connects only now.
    late.started(({ code: why }) => ended.push(`late ${why}`));
    expect(ended.at(-1)).toBe('late invalid_api_key');
    const codes = await Promise.all(
      [...secrets, keyFor('gone'), keyFor('stays')].map((key) => refusalOf(access.authorize(asking(key)))),
    );
    expect(codes).toEqual(['invalid_api_key', 'invalid_api_key', null, 'invalid_api_key', null]);
  });

  it('take new limits at once', async () => {
    const clock = new HandClock();
    const access = accessWith({ now: clock.now, keys: keySet([{ id: 'acme' }]) });
    const why: string[] = [];
    (await access.authorize(asking(keyFor('acme')))).open().started((error) => why.push(error.code));
    clock.ms = 120_000;
    access.tick();
    access.replaceKeys(keySet([{ id: 'acme', limits: { minutes_per_day: 1 } }]));
    access.tick();
    expect(why).toEqual(['insufficient_quota']);
  });

  it('that expire end what is open', async () => {
    const clock = new HandClock();
    const access = accessWith({
      now: clock.now,
      keys: keySet([{ id: 'acme', expires_at: '2026-01-01T00:01:00Z' }]),
    });
    const why: string[] = [];
    const grant = await access.authorize(asking(keyFor('acme')));
    const { value } = await grant.mint({}, NOBODY);
    grant.open().started((error) => why.push(error.code));
    clock.ms = 60_000;
    access.tick();
    expect(why).toEqual(['expired_api_key']);
    expect(await refusalOf(access.authorize(asking(value)))).toBe('expired_api_key');
  });
});

describe('what is for operators', () => {
  const keyed = accessWith({ keys: keySet([{ id: 'acme' }, { id: 'watch', scopes: ['metrics', 'docs'] }]) });

  it.each([
    ['this machine', null, {}, '127.0.0.1', null],
    ['this machine, by IPv6', null, { host: '[::1]:8080' }, '::1', null],
    ['another one', null, {}, '10.0.0.2', 'missing_api_key'],
    ['a proxy on this machine', null, { 'x-forwarded-for': '10.0.0.2' }, '127.0.0.1', 'missing_api_key'],
    [
      'a proxy that says this machine',
      null,
      { 'x-forwarded-for': '127.0.0.1' },
      '10.0.0.2',
      'missing_api_key',
    ],
    ['a page under a stranger’s name', null, { host: 'evil.example:8080' }, '127.0.0.1', 'missing_api_key'],
    ['another one, with a key for calls', keyFor('acme'), {}, '10.0.0.2', 'insufficient_permissions'],
    ['another one, with a wrong key', 'vv_wrong', {}, '10.0.0.2', 'invalid_api_key'],
    ['another one, with its key', keyFor('watch'), {}, '10.0.0.2', null],
  ])('is shown to %s', async (...row) => {
    const [, key, headers, address, expected] = row as [
      string,
      string | null,
      Record<string, string>,
      string,
      string | null,
    ];
    expect(await codeOf(() => keyed.admitOperator(asking(key, headers, address), 'metrics'))).toBe(expected);
  });

  it('is shown to this machine alone where there are no keys', async () => {
    expect(await codeOf(() => accessWith().admitOperator(asking('any', {}, '10.0.0.2'), 'docs'))).toBe(
      'invalid_api_key',
    );
  });
});
