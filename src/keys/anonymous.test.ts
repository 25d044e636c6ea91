import { Proxies } from '../http/proxies.js';
import { accessWith, asking, HandClock, refusalOf } from './testing/keys.js';

/** Real: all of it but the clock. */
const NOBODY = { ttlS: 600, fixed: false };

describe('a gateway without keys', () => {
  it.each([null, 'sk-anything', `ek_${'a'.repeat(55)}`, 'a.b.c'])(
    'serves everyone on this machine, whatever key they bring: %s',
    async (key) => {
      const grant = await accessWith().authorize(asking(key));
      expect(grant).toMatchObject({ tenant: null, session: null });
      const lease = grant.open();
      lease.started(() => undefined);
      lease.end();
    },
  );

  const far = '203.0.113.9';
  it.each([
    ['this machine', {}, '127.0.0.1', null],
    ['this machine, by IPv6', {}, '::1', null],
    ['this machine, by a trusted proxy', { 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1', null],
    ['another one', {}, far, 'missing_api_key'],
    ['another one, by a trusted proxy', { 'x-forwarded-for': far }, '127.0.0.1', 'missing_api_key'],
    ['another one that says this', { 'x-forwarded-for': '127.0.0.1' }, far, 'missing_api_key'],
  ] as [string, Record<string, string>, string, string | null][])(
    'serves this machine alone, unless it may serve anybody: %s',
    async (_who, headers, address, expected) => {
      const proxies = new Proxies(['loopback']);
      const asked = asking(null, headers, address);
      expect(await refusalOf(accessWith({ proxies }).authorize(asked))).toBe(expected);
      expect(await refusalOf(accessWith({ proxies, anonymous: 'anybody' }).authorize(asked))).toBe(null);
    },
  );

  it('takes who is passed on by a proxy that is not trusted for another, be it with a secret of this machine', async () => {
    const access = accessWith();
    const { value } = await (await access.authorize(asking(null))).mint({}, NOBODY);
    for (const key of [null, value])
      expect(await refusalOf(access.authorize(asking(key, { via: '1.1 proxy' })))).toBe('missing_api_key');
    expect(await refusalOf(access.authorize(asking(value)))).toBe(null);
  });

  it('makes client secrets all the same, that expire', async () => {
    const clock = new HandClock();
    const access = accessWith({ now: clock.now });
    const { value } = await (
      await access.authorize(asking(null))
    ).mint({ instructions: 'x' }, { ...NOBODY, ttlS: 10 });
    expect((await access.authorize(asking(value))).session).toEqual({ instructions: 'x' });
    clock.ms = 10_000;
    expect(await refusalOf(access.authorize(asking(value)))).toBe('expired_api_key');
  });
});
