import { iceServerLinks } from './links.js';

test('servers are told as the RFC has them, one Link for each URL', () => {
  expect(
    iceServerLinks([
      { urls: ['stun:stun.example.net'] },
      {
        urls: ['turn:turn.example.net?transport=udp', 'turns:turn.example.net?transport=tcp'],
        username: 'user',
        credential: 'a "pass\\word"',
      },
    ]),
  ).toEqual([
    '<stun:stun.example.net>; rel="ice-server"',
    String.raw`<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="a \"pass\\word\""; credential-type="password"`,
    String.raw`<turns:turn.example.net?transport=tcp>; rel="ice-server"; username="user"; credential="a \"pass\\word\""; credential-type="password"`,
  ]);
});
