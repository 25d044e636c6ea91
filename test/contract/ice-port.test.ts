/** One UDP port for all calls. All sockets are real; ICE of the client's side is by hand, where it is not a whole client. */
import { jest } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import type dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

import { MediaService, type MediaPeer } from '#modules/media';
import { SharedPort } from '../../modules/media/infra/ice/shared-port.js';
import { IceSocket, told } from '../support/ice-client.js';
import { Recording, sleep, udpSockets, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const PORT = 21_721;
const OWN = { ufrag: 'mine', password: 'a-password-of-some-length' };

let service: MediaService;
const open: { close(): unknown }[] = [];
const keep = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};
const strays = () => Object.fromEntries(service.stats().strays);

beforeEach(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'], iceUdpPort: PORT });
  await service.onModuleInit();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await service.onModuleDestroy();
});

const bare = (sdp: string) => sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '');

/** A call whose client waits for our ClientHello, so that what comes tells where we send. */
async function call(heard = new Recording()): Promise<{ peer: MediaPeer; heard: Recording }> {
  const client = keep(new Stranger(service).track('audio'));
  const sdp = bare(await client.offer())
    .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${OWN.ufrag}`)
    .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${OWN.password}`)
    .replace(/a=setup:actpass/g, 'a=setup:passive');
  const peer = await service.answer(sdp, heard);
  open.push({ close: () => peer.close() });
  return { peer, heard };
}

const socketTo = async (peer: MediaPeer, socket?: dgram.Socket) =>
  keep(await new IceSocket(told(peer.answerSdp), OWN, socket).bind());

async function connected(peer: MediaPeer): Promise<IceSocket> {
  const socket = await socketTo(peer);
  socket.check({ nominates: true });
  await until(() => socket.data.length > 0);
  return socket;
}

test('calls share the port and one socket, and each has what is its own', async () => {
  const clients = [0, 1, 2].map(() => keep(new Stranger(service).track('audio').withChannel()));
  const peers = await Promise.all(clients.map((client) => client.connect()));
  expect(peers.map((peer) => told(peer.answerSdp).port)).toEqual([PORT, PORT, PORT]);
  const bound = readFileSync('/proc/net/udp', 'utf8').match(new RegExp(`:${PORT.toString(16)} 0`, 'gi'));
  expect(bound).toHaveLength(1);
  for (const [n, client] of clients.entries()) client.channel?.send(`from ${n}`);
  await until(() => clients.every((client) => client.heard.messages.length > 0));
  expect(clients.map((client) => client.heard.messages.map(([, text]) => text))).toEqual([
    ['from 0'],
    ['from 1'],
    ['from 2'],
  ]);
  expect(strays()).toEqual({});
});

test('what is nobody’s is not answered, is counted, and disturbs no call', async () => {
  const { peer, heard } = await call();
  const first = await connected(peer);
  const junk = await socketTo(peer);
  junk.send(Buffer.from('GET / HTTP/1.1'));
  junk.send(Buffer.alloc(0));
  junk.check({ username: 'nobody:mine' });
  junk.check({ username: '' });
  // A check without its end, an answer to nobody's check, a keep-alive, and media of nobody's.
  junk.send(Buffer.from('000100102112a442000000000000000000000000', 'hex'));
  junk.send(Buffer.from('010100002112a442000000000000000000000000', 'hex'));
  junk.send(Buffer.from('001100002112a442000000000000000000000000', 'hex'));
  junk.send(Buffer.concat([Buffer.from([0x80, 111]), Buffer.alloc(40)]));
  junk.send(Buffer.concat([Buffer.from([22]), Buffer.alloc(40)]));
  await until(() => (strays()['unknown_address'] ?? 0) === 2);
  expect(strays()).toEqual({
    not_webrtc: 2,
    unknown_name: 3,
    unknown_transaction: 1,
    unknown_address: 2,
  });
  // The name of a call is no secret: without its password it is not answered either.
  junk.check({ password: 'guessed' });
  await sleep(200);
  expect([junk.answers, junk.checks, junk.data]).toEqual([[], [], []]);
  const answers = first.answers.length;
  first.check();
  await until(() => first.answers.length > answers);
  expect([heard.closed, heard.drops]).toEqual([[], {}]);
});

test('a call that is closed leaves nothing, and its client’s address serves the next', async () => {
  const { peer } = await call();
  const first = await connected(peer);
  await peer.close();
  const answers = first.answers.length;
  first.check();
  await until(() => (strays()['unknown_name'] ?? 0) > 0);
  expect(first.answers.length).toBe(answers);
  const { peer: next } = await call();
  const again = await socketTo(next, first.socket);
  again.check({ nominates: true });
  await until(() => again.data.length > 0);
  // What it says counts: a ServerHello of nobody's is not a stray.
  const before = strays()['unknown_address'] ?? 0;
  again.send(Buffer.concat([Buffer.from([22]), Buffer.alloc(40)]));
  await sleep(100);
  expect(strays()['unknown_address'] ?? 0).toBe(before);
});

test('a client that begins again from its old address, and never said goodbye, is served', async () => {
  const heard = new Recording();
  const { peer } = await call(heard);
  const first = await connected(peer);
  first.answering = false;
  const { peer: next } = await call();
  const again = await socketTo(next, first.socket);
  again.check({ nominates: true });
  await until(() => again.data.length > 0);
  expect(heard.closed).toEqual([]);
});

test('a bug in what one call is given ends that call alone', async () => {
  const bugs: unknown[] = [];
  const broken = keep(new Stranger(service).track('audio').withChannel());
  Object.assign(broken.heard, {
    onMessage: () => {
      throw new Error('struck');
    },
    onBug: (_where: string, error: unknown) => bugs.push(error),
  });
  const fine = keep(new Stranger(service).track('audio').withChannel());
  await broken.connect();
  await fine.connect();
  broken.channel?.send('one');
  await until(() => bugs.length > 0);
  fine.channel?.send('two');
  await until(() => fine.heard.messages.length > 0);
  expect(fine.heard.closed).toEqual([]);
});

test('offers that nobody follows up hold no socket, and end by themselves', async () => {
  const heard = Array.from({ length: 20 }, () => new Recording());
  const sdp = bare(await keep(new Stranger(service).track('audio')).offer());
  const sockets = udpSockets();
  await Promise.all(heard.map((one) => service.answer(sdp, one, { silentTimeoutMs: 100 })));
  expect(udpSockets()).toBe(sockets);
  await until(() => heard.every((one) => one.closed.length === 1), 3000);
});

test('a client that moves without a word is followed at its next check', async () => {
  const { peer } = await call();
  const first = await connected(peer);
  first.answering = false;
  await sleep(500);
  const moved = await socketTo(peer);
  moved.check();
  await until(() => moved.data.length > 0, 5000);
});

test('a port that somebody else has is told at the start', async () => {
  const second = new MediaService({ iceHosts: ['127.0.0.1'], iceUdpPort: PORT });
  await expect(second.onModuleInit()).rejects.toMatchObject({
    code: 'bad_config',
    message: `VISAVIS_ICE_UDP_PORT: UDP port ${PORT} of 127.0.0.1 cannot be had (EADDRINUSE)`,
  });
  await second.onModuleDestroy();
});

test('an address that comes up after the start is offered to the next call', async () => {
  const hosts = ['127.0.0.1'];
  const port = keep(new SharedPort({ port: PORT + 1, hosts: () => hosts, onBug: (error) => fail(error) }));
  await port.start();
  const addresses = async () => {
    const sockets = await port.open(() => undefined);
    await sockets.close();
    return sockets.list.flatMap((one) => one.addresses.map(({ host }) => host));
  };
  expect(await addresses()).toEqual(['127.0.0.1']);
  hosts.push('::1');
  expect(await Promise.all([addresses(), addresses()])).toEqual([
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '::1'],
  ]);
  hosts.shift();
  expect(await addresses()).toEqual(['::1']);
});

test.each([
  ['the one port', { iceUdpPort: PORT + 2 }],
  ['a port of its own', { icePortRange: [PORT + 2, PORT + 2] as const }],
])('a public address that is forwarded to us (1:1 NAT), with %s', async (_name, options) => {
  const behind = new MediaService({ iceHosts: ['203.0.113.5', '127.0.0.1'], ...options });
  await behind.onModuleInit();
  const client = new Stranger(behind).track('audio').withChannel();
  try {
    const peer = await client.connect();
    const told = [...peer.answerSdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/gm)];
    // Each section of the answer tells them.
    expect([...new Set(told.map(([, host, port]) => `${host}:${port}`))]).toEqual([
      `203.0.113.5:${PORT + 2}`,
      `127.0.0.1:${PORT + 2}`,
    ]);
  } finally {
    await client.close();
    await behind.onModuleDestroy();
  }
});

test('what comes for a call is done in the context of that call', async () => {
  const current = new AsyncLocalStorage<string>();
  const port = keep(
    new SharedPort({ port: PORT + 1, hosts: () => ['127.0.0.1'], onBug: (error) => fail(error) }),
  );
  await port.start();
  const seen: (string | undefined)[] = [];
  for (const name of ['a', 'b']) {
    await current.run(name, async () => {
      const sockets = await port.open(() => seen.push(current.getStore()));
      sockets.rename([name]);
    });
  }
  for (const name of ['b', 'a']) {
    const client = keep(await new IceSocket({ ufrag: name, password: '', port: PORT + 1 }, OWN).bind());
    client.check();
    await until(() => seen.at(-1) === name);
  }
  expect(seen).toEqual(['b', 'a']);
});

function fail(error: unknown): never {
  throw error;
}
