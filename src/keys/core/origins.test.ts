import { isLoopback, originAllowed, type OriginRules } from './origins.js';

const NONE: OriginRules = { listed: [], loopback: false, same: false };

describe('originAllowed', () => {
  it.each([
    ['https://app.example', true],
    ['HTTPS://APP.example', true],
    ['http://app.example', false],
    ['https://app.example:8443', false],
    ['https://app.example.evil.example', false],
    ['null', false],
    ['', false],
  ])('by list: %s is %s', (origin, allowed) => {
    expect(originAllowed({ ...NONE, listed: ['https://app.example'] }, origin, 'gw')).toBe(allowed);
    expect(originAllowed({ ...NONE, listed: ['*'] }, origin, 'gw')).toBe(true);
  });

  it.each([
    ['http://localhost:5173', true],
    ['http://127.0.0.1:8080', true],
    ['https://[::1]:1', true],
    ['http://demo.localhost', true],
    ['http://localhost.evil.example', false],
    ['http://127.0.0.1.evil.example', false],
    ['file://localhost', false],
    ['null', false],
  ])('pages of this machine: %s is %s', (origin, allowed) => {
    expect(originAllowed({ ...NONE, loopback: true }, origin, 'evil.example')).toBe(allowed);
    expect(originAllowed(NONE, origin, 'evil.example')).toBe(false);
  });

  it.each([
    ['https://gw.example', 'gw.example', true],
    ['https://gw.example', 'gw.example:443', true],
    ['http://gw.example:8080', 'gw.example:8080', true],
    ['http://gw.example', 'gw.example:443', false],
    ['https://gw.example', 'other.example', false],
    ['https://gw.example', null, false],
    ['https://gw.example', 'not a host', false],
  ])('its own pages: %s asked at %s is %s', (origin, host, allowed) => {
    expect(originAllowed({ ...NONE, same: true }, origin, host)).toBe(allowed);
    expect(originAllowed(NONE, origin, host)).toBe(false);
  });
});

describe('isLoopback', () => {
  it.each(['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example', ''])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
