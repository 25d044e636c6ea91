/** What stands between the network and werift's DTLS: only what the client can have sent counts. All peers are real. */
import { jest } from '@jest/globals';
import dgram from 'node:dgram';

import { MediaService } from '#modules/media';
import { CipherContext, NamedCurveAlgorithm, RTCCertificate, type RTCPeerConnection } from 'werift';
import { isFinished, isSignedBy } from '../../modules/media/infra/werift/dtls-proof.js';
import { told } from '../support/ice-client.js';
import { Recording, sleep, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';
import { UdpProxy, type Treat } from '../support/udp-proxy.js';

jest.setTimeout(30_000);

let service: MediaService;
const open: { close(): unknown }[] = [];
const keep = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};

beforeAll(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => service.onModuleDestroy());

const isDtls = (bytes: Buffer) => (bytes[0] ?? 0) >= 20 && (bytes[0] ?? 0) < 64;
const isHandshake = (bytes: Buffer) => bytes[0] === 20 || bytes[0] === 22;
const isHello = (bytes: Buffer) => bytes[0] === 22 && bytes[13] === 1;
const plain = (type: number, body: string) =>
  Buffer.from(
    `${type.toString(16)}fefd0000000000000099${(body.length / 2).toString(16).padStart(4, '0')}${body}`,
    'hex',
  );

interface Behind {
  readonly client: Stranger;
  readonly proxy: UdpProxy;
  readonly works: () => Promise<boolean>;
}

/** A call through a network of the test's making. */
async function callThrough(treat: Treat, edit = (sdp: string) => sdp): Promise<Behind> {
  const client = keep(new Stranger(service).track('audio').withChannel());
  const offer = edit((await client.offer()).replace(/a=(candidate|end-of-candidates).*\r\n/g, ''));
  const peer = await service.answer(offer, client.heard);
  open.unshift({ close: () => peer.close() });
  const { port } = told(peer.answerSdp);
  const proxy = keep(await new UdpProxy(port, treat).open());
  const answer = peer.answerSdp.replaceAll(` ${port} typ`, ` ${proxy.port} typ`);
  await client.connection.setRemoteDescription({ type: 'answer', sdp: answer });
  const works = async () => {
    await until(() => client.channel?.readyState === 'open' && client.heard.channels.length > 0, 20_000);
    const before = client.heard.messages.length;
    client.channel?.send('hello');
    await until(() => client.heard.messages.length > before, 5000);
    return client.heard.closed.length === 0;
  };
  return { client, proxy, works };
}

describe('a call that stands', () => {
  test.each([
    ['a warning close_notify', () => [plain(21, '0100')]],
    ['a fatal alert', () => [plain(21, '0228')]],
    ['an unknown content type', () => [plain(24, '0100'), plain(63, '00'), plain(20, '01')]],
    ['its own ClientHello again', (hellos: Buffer[]) => hellos],
    ['data in the clear', () => [plain(23, 'cafecafecafecafecafecafecafecafecafecafecafecafe')]],
    ['records of later epochs', () => [1, 2, 65_535].map((epoch) => withEpoch(plain(21, '0100'), epoch))],
    [
      'records that are cut off',
      () => [plain(21, '0100').subarray(0, 14), Buffer.from([22]), Buffer.alloc(13, 22)],
    ],
  ])('is not ended by %s, from a stranger or from its own address', async (_name, junkOf) => {
    const hellos: Buffer[] = [];
    const { proxy, works } = await callThrough((bytes, direction) => {
      if (direction === 'to-service' && isHello(bytes)) hellos.push(bytes);
      return [bytes];
    });
    expect(await works()).toBe(true);
    const stranger = keep(dgram.createSocket('udp4'));
    for (const bytes of junkOf(hellos).slice()) {
      stranger.send(bytes, proxy.servicePort, '127.0.0.1');
      // From the address that was checked: what a forger of source addresses can do.
      proxy.inject(bytes);
      await sleep(20);
    }
    await sleep(200);
    expect(await works()).toBe(true);
  });

  test('counts packets whose header claims more than there is, and reads on', async () => {
    const { client, proxy, works } = await callThrough((bytes) => [bytes]);
    await works();
    proxy.inject(Buffer.from(`906f000100000002000000${'03bedeffff'}${'00'.repeat(20)}`, 'hex'));
    await until(() => client.heard.drops.malformed_packet === 1);
    expect(await works()).toBe(true);
  });

  test('ends by an authenticated goodbye', async () => {
    const { client, works } = await callThrough((bytes) => [bytes]);
    await works();
    await sayGoodbye(client.connection);
    await until(() => client.heard.closed.length === 1);
    expect(client.heard.closed).toEqual(['closed_by_peer']);
  });

  test('says goodbye itself, where we end it', async () => {
    const alerts: Buffer[] = [];
    const { works } = await callThrough((bytes, direction) => {
      if (direction === 'to-client' && bytes[0] === 21 && bytes.readUInt16BE(3) === 1) alerts.push(bytes);
      return [bytes];
    });
    await works();
    await open.shift()?.close();
    await until(() => alerts.length === 1, 1000);
  });

  test('a recorded record, sent again, counts once', async () => {
    const records: Buffer[] = [];
    const { client, proxy, works } = await callThrough((bytes, direction) => {
      if (direction === 'to-service' && bytes[0] === 23) records.push(bytes);
      return [bytes];
    });
    await works();
    const before = client.heard.messages.length;
    for (const bytes of records.slice()) proxy.inject(bytes);
    await sleep(200);
    expect(client.heard.messages.length).toBe(before);
    expect(await works()).toBe(true);
  });
});

describe('a handshake', () => {
  test('is not disturbed by a flood of hellos from elsewhere', async () => {
    const stranger = keep(dgram.createSocket('udp4'));
    let hello: Buffer | null = null;
    let target = 0;
    const timer = setInterval(() => hello && stranger.send(hello, target, '127.0.0.1'), 2);
    open.push({ close: () => clearInterval(timer) });
    const { works } = await callThrough((bytes, direction) => {
      if (direction === 'to-service' && isHello(bytes)) hello ??= bytes;
      return [bytes];
    }).then((behind) => {
      target = behind.proxy.servicePort;
      return behind;
    });
    expect(await works()).toBe(true);
  });

  const lost = new Map<string, number>();
  const loseFirst =
    (n: number): Treat =>
    (bytes, direction) => {
      if (!isHandshake(bytes)) return [bytes];
      const count = lost.get(direction) ?? 0;
      lost.set(direction, count + 1);
      return count < n ? [] : [bytes];
    };
  test.each<[string, () => Treat]>([
    ['the first datagrams of each side are lost', () => (lost.clear(), loseFirst(1))],
    ['every other datagram is lost, once', () => loseOnce((n) => n % 2 === 1)],
    ['every third datagram is lost, once', () => loseOnce((n) => n % 3 === 2)],
    // werift as a client takes a repeated HelloVerifyRequest for an error.
    [
      "the client's come twice",
      () => (bytes, direction) => (isDtls(bytes) && direction === 'to-service' ? [bytes, bytes] : [bytes]),
    ],
    [
      'each flight comes backwards',
      () => (bytes, _direction, later) => {
        if (!isHandshake(bytes)) return [bytes];
        later(bytes, 60 - (flightPlace(bytes) % 6) * 10);
        return [];
      },
    ],
  ])('succeeds where %s', async (_name, treat) => {
    const { works } = await callThrough(treat());
    expect(await works()).toBe(true);
  });

  test('succeeds where the client waits for us to begin', async () => {
    const { works } = await callThrough(
      (bytes) => [bytes],
      (sdp) => sdp.replace(/a=setup:actpass/g, 'a=setup:passive'),
    );
    expect(await works()).toBe(true);
  });

  test('fails for who shows a certificate without having its key', async () => {
    const make = () =>
      CipherContext.createSelfSignedCertificateWithKey(
        { signature: 3, hash: 4 },
        NamedCurveAlgorithm.secp256r1_23,
      );
    const [theirs, own] = await Promise.all([make(), make()]);
    const client = keep(new Stranger(service).track('audio').withChannel());
    // The certificate of another, as anybody can record it, and one's own key.
    const stolen = new RTCCertificate(own.keyPem, theirs.certPem, theirs.signatureHash);
    Object.assign((client.connection as unknown as { secureManager: object }).secureManager, {
      certificate: stolen,
    });
    const peer = await service.answer(await client.offer(), client.heard);
    open.unshift({ close: () => peer.close() });
    await client.connection.setRemoteDescription({ type: 'answer', sdp: peer.answerSdp });
    await until(() => client.heard.closed.length === 1, 10_000);
    expect(client.heard.closed).toEqual(['failed']);
    expect(client.heard.channels).toEqual([]);
  });

  test('a proof of something else is none', () => {
    const keys = { masterSecret: Buffer.alloc(48, 1), transcript: Buffer.from('the messages') };
    expect(isFinished(Buffer.alloc(12), 'client', keys)).toBe(false);
    expect(isFinished(Buffer.alloc(0), 'client', keys)).toBe(false);
    expect(isSignedBy(Buffer.from('no certificate'), Buffer.alloc(1), Buffer.from([4, 3, 0, 1, 9]))).toBe(
      false,
    );
  });

  test('and one that never comes to its end leaves nothing behind', async () => {
    const heard = new Recording();
    const client = keep(new Stranger(service).track('audio'));
    const peer = await service.answer(await client.offer(), heard, { connectTimeoutMs: 300 });
    const { port } = told(peer.answerSdp);
    // ICE succeeds, DTLS is swallowed.
    const proxy = keep(await new UdpProxy(port, (bytes) => (isDtls(bytes) ? [] : [bytes])).open());
    const answer = peer.answerSdp.replaceAll(` ${port} typ`, ` ${proxy.port} typ`);
    await client.connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await until(() => heard.closed.length === 1, 3000);
    expect(heard.closed).toEqual(['connect_timeout']);
  });
});

function withEpoch(record: Buffer, epoch: number): Buffer {
  const copy = Buffer.from(record);
  copy.writeUInt16BE(epoch, 3);
  return copy;
}

/** Loses a datagram where `which` says so by its number among those that are new; what is repeated arrives. */
function loseOnce(which: (n: number) => boolean): Treat {
  const seen = new Set<string>();
  return (bytes) => {
    if (!isHandshake(bytes)) return [bytes];
    const key = bytes.toString('hex');
    if (seen.has(key)) return [bytes];
    seen.add(key);
    return which(seen.size - 1) ? [] : [bytes];
  };
}

/** The place of a datagram in its flight, by the number of its handshake message; what is encrypted comes last. */
function flightPlace(bytes: Buffer): number {
  return bytes[0] === 22 && bytes.readUInt16BE(3) === 0 ? bytes.readUInt16BE(17) : 5;
}

/** werift says no goodbye itself. */
async function sayGoodbye(connection: RTCPeerConnection): Promise<void> {
  const socket = connection.dtlsTransports[0]?.dtls;
  if (!socket) throw new Error('no DTLS');
  const { dtls, cipher, transport } = socket;
  const header = {
    contentType: 21,
    protocolVersion: dtls.version,
    epoch: 1,
    sequenceNumber: ++dtls.recordSequenceNumber,
    contentLen: 2,
  };
  const packet = { recordLayerHeader: header, fragment: Buffer.from([1, 0]) } as Parameters<
    typeof cipher.encryptPacket
  >[0];
  const { fragment } = cipher.encryptPacket(packet);
  const head = Buffer.from([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(header.sequenceNumber, 5, 6);
  head.writeUInt16BE(fragment.length, 11);
  await transport.send(Buffer.concat([head, fragment]));
}
