import { Proxies } from './proxies.js';

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ headers, socket: { remoteAddress } }) as never;

describe('Proxies', () => {
  it('believes no header of a stranger, but sees that there is a proxy', () => {
    const headers = {
      host: 'gw',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a',
      'x-forwarded-prefix': '/p',
    };
    expect(new Proxies().of(from('10.0.0.9', headers))).toEqual({
      address: '10.0.0.9',
      host: 'gw',
      prefix: null,
      passedOn: true,
    });
    expect(new Proxies(['10.1.0.0/16']).of(from('10.0.0.9', headers)).passedOn).toBe(true);
  });

  it('takes the client from a trusted proxy: the last that is no proxy itself', () => {
    const proxies = new Proxies(['10.0.0.0/8', 'loopback']);
    const headers = { host: 'gw', 'x-forwarded-for': '127.0.0.1, 203.0.113.7, 10.0.0.4' };
    expect(proxies.of(from('::ffff:127.0.0.1', headers)).address).toBe('203.0.113.7');
    expect(proxies.of(from('10.0.0.9')).address).toBe('10.0.0.9');
    expect(proxies.of(from('::1', { 'x-forwarded-for': '[2001:db8::1]:99' })).address).toBe('2001:db8::1');
    expect(proxies.of(from('::1', { 'x-forwarded-for': '203.0.113.7:99' })).address).toBe('203.0.113.7');
  });

  it('takes host and prefix from it', () => {
    const headers = { host: 'gw', 'x-forwarded-host': 'app.example', 'x-forwarded-prefix': '/a/b' };
    expect(new Proxies(['loopback']).of(from('127.0.0.1', headers))).toMatchObject({
      host: 'app.example',
      prefix: '/a/b',
      passedOn: false,
    });
  });

  it.each(['/..', '/a/../b', 'a', '/a b', '//host', '/a?x'])('takes %s for no prefix', (prefix) => {
    expect(
      new Proxies(['loopback']).of(from('127.0.0.1', { 'x-forwarded-prefix': prefix })).prefix,
    ).toBeNull();
  });

  it.each(['example.org', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.0/x'])('refuses %s', (entry) => {
    expect(() => new Proxies([entry])).toThrow(/^VISAVIS_TRUSTED_PROXIES: /);
  });
});
