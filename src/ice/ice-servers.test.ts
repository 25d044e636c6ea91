import { ClientIce, turnCredentials } from './ice-servers.js';

const STUN = { urls: ['stun:turn.example:3478'] };
const TURN = { urls: ['turn:turn.example:3478', 'turns:turn.example:5349?transport=tcp'] };
const FIXED = { urls: ['turn:other.example'], username: 'u', credential: 'c' };
const at = () => 1_700_000_000_500;

describe('turnCredentials', () => {
  test('are what the convention says', () => {
    // By: printf 1700003600:acme | openssl dgst -sha1 -hmac north -binary | base64
    expect(turnCredentials('north', 1_700_003_600, 'acme')).toEqual({
      username: '1700003600:acme',
      credential: 'Vh7nUSkGljhenFQncEHnBMR8UCM=',
    });
  });

  test('have a user name that no separator breaks', () => {
    expect(turnCredentials('north', 1, 'https://id.example|a:b').username).toBe('1:https___id.example_a_b');
    expect(turnCredentials('north', 1, null).username).toBe('1:anonymous');
  });
});

describe('ClientIce', () => {
  test('gives a TURN server without a user name credentials that end', () => {
    const ice = new ClientIce({ servers: [STUN, TURN, FIXED], turnSecret: 'north', turnTtlS: 3600 }, at);
    expect(ice.for('acme')).toEqual({
      ice_servers: [STUN, { ...TURN, ...turnCredentials('north', 1_700_003_600, 'acme') }, FIXED],
      ice_servers_expire_at: 1_700_003_600,
    });
  });

  test('without a secret nothing ends', () => {
    const ice = new ClientIce({ servers: [STUN, FIXED], turnSecret: null, turnTtlS: 3600 }, at);
    expect(ice.for('acme')).toEqual({ ice_servers: [STUN, FIXED], ice_servers_expire_at: null });
  });

  test('tells whoever asks of no server that needs credentials', () => {
    const ice = new ClientIce({ servers: [STUN, TURN, FIXED], turnSecret: 'north', turnTtlS: 3600 }, at);
    expect(ice.public).toEqual([STUN]);
  });

  test('is no part of a message where there are no servers', () => {
    expect(new ClientIce({ servers: [], turnSecret: null, turnTtlS: 3600 }, at).partFor(null)).toEqual({});
  });
});
