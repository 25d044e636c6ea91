import { Base } from './place.js';
import { Proxies } from './proxies.js';

const request = (url: string, headers: Record<string, string> = {}) =>
  ({ url, headers, socket: { remoteAddress: '127.0.0.1' } }) as never;
const CALL = '/v1/realtime/calls/rtc_1';

describe('Base', () => {
  it.each([
    ['http://host/v1/realtime/calls', '/v1/realtime/calls'],
    ['http://host/v1/realtime?model=a/b', '/v1/realtime?model=a/b'],
    ['http://host/whip', '/whip'],
    ['http://host/a/b/v1/realtime/calls', '/v1/realtime/calls'],
    ['http://host/a/v1/realtime', '/v1/realtime'],
  ])('names a place such that a client of %s finds it', (asked, url) => {
    const place = new Base(null, new Proxies()).placeOf(request(url), CALL);
    const below = asked.slice(0, asked.indexOf(url.split('?')[0]!));
    expect(new URL(place, asked).href).toBe(below + CALL);
  });

  it('names it from the root where the base path is known', () => {
    expect(new Base('', new Proxies()).placeOf(request('/v1/realtime/calls'), CALL)).toBe(CALL);
    expect(new Base('/at', new Proxies()).placeOf(request('/v1/realtime/calls'), CALL)).toBe(`/at${CALL}`);
  });

  it('believes the prefix of a trusted proxy alone', () => {
    const told = request('/v1/realtime/calls', { 'x-forwarded-prefix': '/told/' });
    expect(new Base(null, new Proxies(['loopback'])).placeOf(told, CALL)).toBe(`/told${CALL}`);
    expect(new Base(null, new Proxies()).placeOf(told, CALL)).toBe('../../v1/realtime/calls/rtc_1');
    const odd = request('/v1/realtime/calls', { 'x-forwarded-prefix': '//evil.example/a' });
    expect(new Base(null, new Proxies(['loopback'])).placeOf(odd, CALL)).toBe(
      '../../v1/realtime/calls/rtc_1',
    );
  });

  it.each([
    ['/at', '/at', '/at'],
    ['/at', '/at/', '/at'],
    ['/at', '/outer', '/outer/at'],
    ['/at', '/outer/at', '/outer/at'],
    ['/at', '/that', '/that/at'],
    ['', '/told', '/told'],
  ])('never doubles a base path (%s) that a proxy tells, too (%s)', (path, told, expected) => {
    const base = new Base(path, new Proxies(['loopback']));
    const asked = request('/whip', { 'x-forwarded-prefix': told });
    expect(base.placeOf(asked, CALL)).toBe(expected + CALL);
    expect(base.rootedPlaceOf(asked, CALL)).toBe(expected + CALL);
  });

  it('names it from the root for clients that follow no relative reference, unless a proxy shows itself', () => {
    const passedOn = request('/whip', { via: '1.1 proxy' });
    const of = (asked: never, base = new Base(null, new Proxies())) =>
      base.rootedPlaceOf(asked, '/whip/rtc_1');
    expect([of(request('/whip')), of(passedOn), of(passedOn, new Base('/at', new Proxies()))]).toEqual([
      '/whip/rtc_1',
      './whip/rtc_1',
      '/at/whip/rtc_1',
    ]);
  });
});
