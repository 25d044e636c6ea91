import { nameLine, readLines } from './lines.js';

const only = (text: string) => readLines(text)[0]!;

describe('readLines', () => {
  test.each([
    ['CRLF', 'v=0\r\na=mid:0\r\n'],
    ['LF', 'v=0\na=mid:0\n'],
    ['CR', 'v=0\ra=mid:0\r'],
    ['a mixture', 'v=0\na=mid:0\r\n'],
    ['blanks at the ends', ' v=0 \r\n\ta=mid:0 \t\r\n'],
    ['a byte order mark', '\uFEFFv=0\r\na=mid:0'],
    ['upper case', 'V=0\r\nA=MID:0'],
    ['blanks within', 'v = 0\r\na = mid : 0'],
  ])('reads lines with %s', (_name, text) => {
    expect(readLines(text).map(({ number, type, name, value }) => [number, type, name, value])).toEqual([
      [1, 'v', '', '0'],
      [2, 'a', 'mid', '0'],
    ]);
  });

  test('blank lines are left out, and counted', () => {
    expect(readLines('v=0\r\n\r\n  \n\ns=-').map((line) => line.number)).toEqual([1, 5]);
  });

  test('an attribute may have no value, or one with colons', () => {
    expect(only('a=rtcp-mux')).toMatchObject({ name: 'rtcp-mux', value: '' });
    expect(only('a=extmap:1 urn:x:y')).toMatchObject({ name: 'extmap', value: '1 urn:x:y' });
  });

  test.each(['hello', '', '=', 'ab=c', 'a', ':a='])('%p has no type', (text) => {
    expect(readLines(`${text}\n`).map((line) => line.type)).toEqual(text === '' ? [] : ['']);
  });
});

describe('nameLine', () => {
  test('quotes what it is about', () => {
    expect(nameLine(readLines('v=0\r\nm=audio x')[1]!)).toBe('line 2 "m=audio x"');
  });

  test('cuts long lines at 80 characters', () => {
    expect(nameLine(only(`m=${'audio '.repeat(100)}`))).toMatch(/^line 1 ".{80}…"$/);
  });

  const password = 'abcdefghijklmnop/+1234567';
  const print = 'AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89';
  test.each([
    `a=ice-pwd:${password}`,
    `a=ice-pwd ${password}`,
    `A=ICE-PWD:${password}`,
    `a=fingerprint:sha-256 ${print}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF 111a=ice-pwd:${password}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF 111 ${print}`,
    `print:sha-256 ${print.toLowerCase()}`,
    `wd:${password}`,
    `k=base64:${password}`,
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${password}`,
    `a=ice-pwd:short`,
    `a=ice-ufrag:short`,
  ])('keeps secrets out of %p', (text) => {
    const named = nameLine(only(text));
    expect(named).not.toContain(password.slice(0, 20));
    expect(named).not.toMatch(/AB:CD|ab:cd|short/);
  });

  test('holds no control characters', () => {
    expect(nameLine(only('m=au\u0007dio\u2028\u001b[31m x'))).toBe('line 1 "m=au dio  [31m x"');
  });
});
