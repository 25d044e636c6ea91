import { Secrets, type Secret } from './secrets.js';

const secret = (some: Partial<Secret> = {}): Secret => ({
  holder: 'acme',
  hash: new Uint8Array(32),
  expiresAtMs: 10_000,
  session: '{"instructions":"x"}',
  fixed: false,
  ...some,
});
const BOUNDS = { perHolder: 3, bytesPerHolder: 100, total: 5, totalBytes: 1000 };

describe('Secrets', () => {
  it('keeps one until it expires, and knows for a while that it was there', () => {
    const secrets = new Secrets();
    secrets.add('a', secret(), 0);
    expect(secrets.get('a')).toEqual(secret());
    secrets.add('b', secret({ expiresAtMs: 99_999_999 }), 10_000);
    expect(secrets.get('a')).toEqual(secret({ session: '' }));
    secrets.add('c', secret({ expiresAtMs: 99_999_999 }), 10_000 + 3_600_000);
    expect(secrets.get('a')).toBeNull();
    expect(secrets.get('b')).not.toBeNull();
  });

  it('keeps so many of a holder, and says when there is room again', () => {
    const secrets = new Secrets(BOUNDS);
    for (const id of ['a', 'b', 'c']) secrets.add(id, secret(), 0);
    expect(() => secrets.add('d', secret(), 4000)).toThrow(
      expect.objectContaining({ code: 'rate_limit_exceeded', param: 'client_secrets', retryAfterS: 6 }),
    );
    secrets.add('d', secret({ holder: 'other' }), 4000);
    // Those of the first holder have expired.
    secrets.add('e', secret({ expiresAtMs: 20_000 }), 10_000);
  });

  it('keeps so many bytes of a holder', () => {
    const secrets = new Secrets(BOUNDS);
    secrets.add('a', secret({ session: 'x'.repeat(90) }), 0);
    expect(() => secrets.add('b', secret({ session: 'x'.repeat(11) }), 0)).toThrow('Too many');
    secrets.add('b', secret({ session: 'x'.repeat(10) }), 0);
  });

  it('keeps so many altogether: first those that are only remembered go', () => {
    const secrets = new Secrets(BOUNDS);
    for (const id of ['a', 'b', 'c']) secrets.add(id, secret({ holder: id }), 0);
    for (const id of ['d', 'e', 'f', 'g', 'h'])
      secrets.add(id, secret({ holder: id, expiresAtMs: 20_000 }), 10_000);
    expect(['a', 'b', 'c', 'd'].map((id) => secrets.get(id) !== null)).toEqual([false, false, false, true]);
    expect(() => secrets.add('i', secret({ holder: 'i' }), 10_000)).toThrow('Too many');
  });

  it('drops what a withdrawn key has minted', () => {
    const secrets = new Secrets();
    secrets.add('a', secret(), 0);
    secrets.add('b', secret({ holder: 'other' }), 0);
    secrets.drop('acme');
    expect([secrets.get('a'), secrets.get('b')?.holder]).toEqual([null, 'other']);
  });
});
