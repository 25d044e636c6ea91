import { ParentsWord, WHO_ASKS, whoAsks } from './who-asks.js';

const origin = { address: '203.0.113.7', host: 'app.example', prefix: '/a', passedOn: false };
const asked = (value?: string) =>
  ({
    headers: { 'x-forwarded-for': '127.0.0.1', ...(value !== undefined && { [WHO_ASKS]: value }) },
    socket: { remoteAddress: '127.0.0.1' },
  }) as never;

describe('ParentsWord', () => {
  it('believes the parent, and nobody else on this machine', () => {
    const proxies = new ParentsWord('word');
    expect(proxies.of(asked(whoAsks('word', origin)))).toEqual(origin);
    const stranger = { address: '', host: null, prefix: null, passedOn: true };
    for (const value of [undefined, '', 'other', whoAsks('w0rd', origin), whoAsks('', origin)])
      expect(proxies.of(asked(value))).toEqual(stranger);
  });
});
