import { MAX_CANDIDATES, readCandidates } from './candidates.js';
import { readLines } from './lines.js';

const read = (...values: string[]) =>
  readCandidates(readLines(values.map((v) => `a=candidate:${v}`).join('\r\n')));

describe('readCandidates', () => {
  test.each([
    ['1 1 udp 2122194687 127.0.0.1 5000 typ host', undefined],
    [
      '1 1 UDP 2122194687 127.0.0.1 5000 typ host generation 0 network-id 3',
      '1 1 udp 2122194687 127.0.0.1 5000 typ host',
    ],
    ['1  1\tudp 1 ::1 5000 typ host', '1 1 udp 1 ::1 5000 typ host'],
    ['candidate:1 1 udp 1 127.0.0.1 5000 typ host', '1 1 udp 1 127.0.0.1 5000 typ host'],
    ['a-b_c 1 udp 1 127.0.0.1 5000 typ host', 'abc 1 udp 1 127.0.0.1 5000 typ host'],
    ['1 1 udp 1 10.0.0.1 5000 typ srflx raddr 10.0.0.2 rport 6000', undefined],
    ['1 1 udp 1 10.0.0.1 5000 typ relay raddr x.local rport 0', undefined],
    ['1 1 udp 1 10.0.0.1 5000 typ srflx raddr ! rport 6000', '1 1 udp 1 10.0.0.1 5000 typ srflx'],
    ['1 1 udp 1 0c1d2e3f-4a5b-6c7d-8e9f-a0b1c2d3e4f5.local 5000 typ host', undefined],
    ['1 1 udp 1 host.example 5000 typ host', undefined],
    ['1 1 tcp 1 127.0.0.1 9 typ host tcptype active', undefined],
    ['1 1 udp 1 ::ffff:127.0.0.1 5000 typ host', undefined],
    ['1 1 udp 1 2001:db8::1 5000 typ host', undefined],
  ])('%s', (value, expected) => {
    expect(read(value)).toEqual([expected ?? value]);
  });

  test.each([
    '',
    '1',
    '1 1 udp 2122194687',
    '1 1 udp 2122194687 127.0.0.1 5000',
    '1 1 udp 2122194687 127.0.0.1 5000 typ',
    '1 1 udp 2122194687 127.0.0.1 5000 typ wish',
    '1 1 sctp 2122194687 127.0.0.1 5000 typ host',
    '1 2 udp 2122194687 127.0.0.1 5000 typ host',
    '1 1 udp x 127.0.0.1 5000 typ host',
    '1 1 udp 99999999999 127.0.0.1 5000 typ host',
    '1 1 udp 1 127.0.0.1 0 typ host',
    '1 1 udp 1 127.0.0.1 65536 typ host',
    '1 1 udp 1 127.0.0.1 -1 typ host',
    '1 1 udp 1 127.0.0.256 5000 typ host',
    '1 1 udp 1 127.0.0 5000 typ host',
    '1 1 udp 1 0.0.0.0 5000 typ host',
    '1 1 udp 1 255.255.255.255 5000 typ host',
    '1 1 udp 1 224.0.0.251 5000 typ host',
    '1 1 udp 1 :: 5000 typ host',
    '1 1 udp 1 ff02::fb 5000 typ host',
    '1 1 udp 1 fe80::1%eth0 5000 typ host',
    '1 1 udp 1 1::2::3 5000 typ host',
    '1 1 udp 1 1:2:3 5000 typ host',
    '1 1 udp 1 1.2.3.4:: 5000 typ host',
    `1 1 udp 1 ${'x'.repeat(300)} 5000 typ host`,
    '1 1 tcp 1 127.0.0.1 9 typ host',
  ])('leaves out %p', (value) => {
    expect(read(value, '9 1 udp 1 127.0.0.1 5000 typ host')).toEqual(['9 1 udp 1 127.0.0.1 5000 typ host']);
  });

  test('the same twice is looked at once', () => {
    expect(read('1 1 udp 9 x.local 5000 typ host', '2 1 udp 8 X.LOCAL 5000 typ host')).toHaveLength(1);
  });

  test(`at most ${MAX_CANDIDATES} are looked at, of UDP first`, () => {
    const tcp = Array.from({ length: 40 }, (_, i) => `1 1 tcp 1 127.0.0.1 ${i + 1} typ host tcptype passive`);
    const udp = Array.from({ length: 31 }, (_, i) => `1 1 udp 1 127.0.0.1 ${i + 1} typ host`);
    const broken = Array.from({ length: 40 }, () => '1 1 udp');
    const found = read(...broken, ...tcp, ...udp);
    expect(found).toHaveLength(MAX_CANDIDATES);
    expect(found.filter((c) => c.includes(' udp '))).toHaveLength(31);
  });
});
