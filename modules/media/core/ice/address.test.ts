import { addressBytes, canonicalHost, isUnicast } from './address.js';

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['0:0:0:0:0:0:0:1', '0:0:0:0:0:0:0:1'],
  ['FD00:9::7', 'fd00:9:0:0:0:0:0:7'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0:0:0:c000:221'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
])('%s is %s', (host, canonical) => {
  expect(canonicalHost(host)).toBe(canonical);
});

test.each([
  '',
  'example.org',
  '1b2c3d4e-0000-4000-8000-000000000000.local',
  '1.2.3',
  '256.1.1.1',
  '1.2.3.4.5',
  ':::',
  '1::2::3',
  'g::1',
  '1:2:3:4:5:6:7',
  '12345::',
])('"%s" is no address', (host) => {
  expect(addressBytes(host)).toBeNull();
});

test.each([
  ['0.0.0.0', 5000],
  ['0.1.2.3', 5000],
  ['224.0.0.251', 5353],
  ['255.255.255.255', 5000],
  ['::', 5000],
  ['ff02::fb', 5353],
  ['192.0.2.1', 0],
  ['192.0.2.1', 65_536],
  ['localhost', 5000],
])('%s:%i is not sent to', (host, port) => {
  expect(isUnicast({ host, port })).toBe(false);
});
