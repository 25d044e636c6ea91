import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { jwtVerifier } from './jwt.js';
import { accessWith, asking, HandClock, keyFor, keySet } from './testing/keys.js';

/** Real: jose, keys and tokens, and an identity provider's address on loopback. */
const ISSUER = 'https://id.example';
const AUDIENCE = 'visavis';

describe('tokens of an identity provider', () => {
  let server: Server;
  let url: string;
  let own: CryptoKey;
  let strangers: CryptoKey;
  let answer: { status: number; body: string };

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    own = pair.privateKey;
    strangers = (await generateKeyPair('ES256')).privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
    answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) };
    server = createServer((_request, response) =>
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const token = (
    claims: { iss?: string; aud?: string; sub?: string; exp?: string | null } = {},
    key = own,
  ) => {
    const { iss = ISSUER, aud = AUDIENCE, sub = 'user-1', exp = '5m' } = claims;
    const jwt = new SignJWT({ ...(sub !== '' && { sub }) }).setProtectedHeader({ alg: 'ES256', kid: 'one' });
    jwt.setIssuer(iss).setAudience(aud);
    if (exp !== null) jwt.setExpirationTime(exp);
    return jwt.sign(key);
  };
  const verifier = () => jwtVerifier({ jwksUrl: url, issuer: ISSUER, audience: AUDIENCE });

  it('tell who it is', async () => {
    expect(await verifier()(await token())).toBe('user-1');
  });

  it.each([
    ['expired_api_key', 'has expired', () => token({ exp: '-1m' })],
    ['invalid_api_key', 'is of another issuer', () => token({ iss: 'https://evil.example' })],
    ['invalid_api_key', 'is for somebody else', () => token({ aud: 'other' })],
    ['invalid_api_key', 'names nobody', () => token({ sub: '' })],
    ['invalid_api_key', 'never expires', () => token({ exp: null })],
    ['invalid_api_key', 'is signed by a stranger', () => token({}, strangers)],
    [
      'invalid_api_key',
      'is not signed',
      async () => new UnsecuredJWT({ sub: 'user-1' }).setIssuer(ISSUER).encode(),
    ],
    ['invalid_api_key', 'is no token', async () => 'a.b.c'],
    [
      'invalid_api_key',
      'is signed by what all know',
      () =>
        new SignJWT({ sub: 'user-1' })
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(answer.body)),
    ],
  ])('are refused with %s where one %s', async (code, _name, make: () => Promise<string>) => {
    await expect(verifier()(await make())).rejects.toMatchObject({ code });
  });

  it('cannot be judged where the provider is away', async () => {
    const kept = answer;
    answer = { status: 500, body: '' };
    await expect(verifier()(await token())).rejects.toMatchObject({
      code: 'identity_unavailable',
      retryable: true,
    });
    answer = kept;
  });

  it('open calls, each subject within limits of its own, beside keys', async () => {
    const clock = new HandClock();
    const access = accessWith({
      now: clock.now,
      verifyJwt: verifier(),
      keys: keySet([{ id: 'acme' }], { limits: { concurrent_calls: 1 } }),
    });
    const one = await access.authorize(asking(await token({ sub: 'one' })));
    const two = await access.authorize(asking(await token({ sub: 'two' })));
    expect([one.tenant, two.tenant]).toEqual(['jwt:one', 'jwt:two']);
    one.open();
    two.open();
    expect(() => one.open()).toThrow(expect.objectContaining({ code: 'rate_limit_exceeded' }));
    expect((await access.authorize(asking(keyFor('acme')))).tenant).toBe('acme');
    await expect(access.authorize(asking(null))).rejects.toMatchObject({ code: 'missing_api_key' });
  });
});
