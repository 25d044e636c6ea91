import { readTurnUrl } from './turn-url.js';

test.each([
  ['turn:turn.example', { host: 'turn.example', port: 3478, transport: 'udp' }],
  ['turn:turn.example:80?transport=tcp', { host: 'turn.example', port: 80, transport: 'tcp' }],
  ['turns:turn.example', { host: 'turn.example', port: 5349, transport: 'tls' }],
  ['turns:turn.example:443?transport=tcp', { host: 'turn.example', port: 443, transport: 'tls' }],
  ['turns:turn.example?transport=udp', { host: 'turn.example', port: 5349, transport: 'dtls' }],
  ['turn:[2001:db8::1]:3479', { host: '2001:db8::1', port: 3479, transport: 'udp' }],
  ['stun:stun.example', null],
  ['turn:', null],
  ['turn:a:b', null],
])('%s', (url, server) => {
  expect(readTurnUrl(url)).toEqual(server);
});
