import { readIceFragment, writeIceFragment } from './fragment.js';

const LINE = '1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1';
const FRAGMENT = [
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'm=audio 9 RTP/AVP 0',
  'a=mid:0',
  `a=candidate:${LINE}`,
  'a=end-of-candidates',
  '',
].join('\r\n');

test('the fragment of the RFC is read', () => {
  expect(readIceFragment(FRAGMENT)).toEqual({
    ufrag: 'EsAw',
    password: 'P2uYro0UCOQ4zxjKXaWCBui1',
    candidates: [LINE],
    complete: true,
  });
});

test('what we write can be read, and names the section that carries the transport', () => {
  const ice = { ufrag: 'abcd', password: 'x'.repeat(22), candidates: ['1 1 udp 1 192.0.2.1 9 typ host'] };
  const text = writeIceFragment({ ...ice, kind: 'audio', mid: '0' });
  expect(text).toMatch(/\r\nm=audio 9 RTP\/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp/);
  expect(readIceFragment(text)).toEqual({ ...ice, complete: true });
});

test.each([
  ['line ends of another system', FRAGMENT.replaceAll('\r\n', '\n')],
  ['credentials in the section', FRAGMENT.replace(/^(a=ice-.*\r\n){2}(m=.*\r\n)/, '$2a=ice-ufrag:EsAw\r\n')],
  ['in each of two sections', FRAGMENT + 'm=video 9 RTP/AVP 0\r\na=mid:1\r\na=ice-ufrag:EsAw\r\n'],
])('with %s, too', (_what, text) => {
  expect(readIceFragment(text)).toMatchObject({ ufrag: 'EsAw', candidates: [LINE], complete: true });
});

test.each([
  ['', 'neither'],
  ['a=mid:0', 'neither'],
  ['{"candidate":"x"}', 'no line of SDP'],
  ['hello', 'no line of SDP'],
  ['a=ice-ufrag:\r\na=candidate:1', 'no ICE credential'],
  [`a=ice-ufrag:${'x'.repeat(257)}`, 'no ICE credential'],
  ['a=ice-ufrag:abcd\r\na=ice-ufrag:efgh', 'share one ICE session'],
])('%j is refused', (text, why) => {
  expect(() => readIceFragment(text)).toThrow(
    expect.objectContaining({ code: 'bad_sdp', message: expect.stringContaining(why) as string }),
  );
});

test('passwords are not repeated in errors, and a fragment without end is not read to its end', () => {
  const long = `a=ice-ufrag:abcd\r\na=ice-pwd:${'s3cret'.repeat(60)}\r\n`;
  expect(() => readIceFragment(long)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('s3cret') as string }),
  );
  expect(readIceFragment(`a=candidate:${LINE}\r\n`.repeat(20_000)).candidates).toHaveLength(512);
});
