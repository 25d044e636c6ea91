/** What our wiring of werift rests on: a newer version has to be looked at before it is taken. Real: werift, and the packages that it calls. */
import { readFile } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { p256 } from '@noble/curves/p256';
import nacl from 'tweetnacl';
import { NamedCurveAlgorithm, NamedCurveAlgorithmList, RTCPeerConnection, SrtpSession } from 'werift';

import { MediaService } from '#modules/media';
import { Certificates } from '../../modules/media/infra/werift/certificates.js';
import { useNativeCurves } from '../../modules/media/infra/werift/native-crypto.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const script = { keyPair: nacl.box.keyPair, scalarMult: nacl.scalarMult, p256: { ...p256 } };
const dump = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('werift is the version whose lines our files name', async () => {
  const file = await readFile(new URL('../../node_modules/werift/package.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toMatchObject({ version: '0.25.2' });
});

test('it has what we replace, under the names that we replace', async () => {
  const connection = new RTCPeerConnection({});
  const { secureManager } = connection as unknown as {
    secureManager: { createTransport(): object; certificate?: object };
  };
  const transport = secureManager.createTransport() as Record<string, object>;
  expect(Object.keys(secureManager)).toContain('certificate');
  expect(transport).toMatchObject({
    start: expect.any(Function),
    setState: expect.any(Function),
    startSrtp: expect.any(Function),
  });
  expect(transport['verifyRemoteCertificateFingerprint']).toBeInstanceOf(Function);
  expect(Object.keys(transport['iceTransport']!)).toEqual(
    expect.arrayContaining(['connection', 'iceGather']),
  );
  await connection.close();
});

test.each([1, 7] as const)('its SRTP has the session keys that ours decrypts by (profile %d)', (profile) => {
  const salt = Buffer.alloc(profile === 7 ? 12 : 14, 2);
  const key = Buffer.alloc(16, 1);
  const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
  const { remoteContext } = new SrtpSession({ keys, profile });
  expect(remoteContext).toMatchObject({ profile });
  const { srtpSessionKey, srtpSessionSalt, srtpSessionAuthTag } = remoteContext;
  expect([srtpSessionKey.length, srtpSessionSalt.length, srtpSessionAuthTag.length]).toEqual([16, 14, 20]);
});

describe('native curves', () => {
  const scriptPair = script.keyPair();
  useNativeCurves();

  test('X25519 makes the secrets that the script makes', () => {
    const pair = nacl.box.keyPair();
    expect([pair.secretKey.buffer.byteLength, pair.publicKey.buffer.byteLength]).toEqual([32, 32]);
    const ours = nacl.scalarMult(pair.secretKey, scriptPair.publicKey);
    expect(dump(ours)).toBe(dump(script.scalarMult(scriptPair.secretKey, pair.publicKey)));
    expect(dump(ours)).toBe(dump(script.scalarMult(pair.secretKey, scriptPair.publicKey)));
  });

  test('P-256 makes the keys and secrets that the script makes', () => {
    const [a, b] = [p256.utils.randomPrivateKey(), p256.utils.randomPrivateKey()];
    expect(dump(p256.getPublicKey(a, false))).toBe(dump(script.p256.getPublicKey(a, false)));
    const shared = p256.getSharedSecret(a, p256.getPublicKey(b, false));
    expect(dump(shared.subarray(1))).toBe(
      dump(script.p256.getSharedSecret(b, script.p256.getPublicKey(a, false)).subarray(1)),
    );
  });

  test('a public key that is none is refused', () => {
    expect(() => nacl.scalarMult(scriptPair.secretKey, new Uint8Array(32))).toThrow(/deriv/);
    expect(() => p256.getSharedSecret(p256.utils.randomPrivateKey(), Buffer.alloc(65, 4))).toThrow(
      /not valid/,
    );
  });

  test.each([
    ['X25519', NamedCurveAlgorithm.x25519_29],
    ['P-256', NamedCurveAlgorithm.secp256r1_23],
  ])('a handshake over %s calls them', async (_name, curve) => {
    const all = [...NamedCurveAlgorithmList];
    // Both sides of the test read this list: with one curve in it, the handshake is over that one.
    NamedCurveAlgorithmList.splice(0, all.length, curve);
    const calls = { x25519: jest.spyOn(nacl, 'scalarMult'), p256: jest.spyOn(p256, 'getSharedSecret') };
    const service = new MediaService({ iceHosts: ['127.0.0.1'] });
    const client = new Stranger(service).track('audio').withChannel();
    try {
      await client.connect();
      expect(calls.x25519.mock.calls.length > 0).toBe(curve === NamedCurveAlgorithm.x25519_29);
      expect(calls.p256.mock.calls.length > 0).toBe(curve === NamedCurveAlgorithm.secp256r1_23);
    } finally {
      NamedCurveAlgorithmList.splice(0, 1, ...all);
      jest.restoreAllMocks();
      await client.close();
      await service.onModuleDestroy();
    }
  });
});

test('one certificate a day is shared by all calls', async () => {
  const certificates = new Certificates();
  const [first, same, next] = await Promise.all(
    [0, 86_399_999, 86_400_000].map((atMs) => certificates.get(atMs)),
  );
  expect(same).toBe(first);
  expect(next).not.toBe(first);
});
