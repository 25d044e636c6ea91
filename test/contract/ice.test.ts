/** How a client is found, and followed: whatever its offer says of addresses, and wherever its packets come from. All peers are real. */
import { jest } from '@jest/globals';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { isIP } from 'node:net';

import { MediaService } from '#modules/media';
import { connectNode, readAudio } from '@vis-a-vis/client/node';
import { IceSocket, told } from '../support/ice-client.js';
import { mediaFixture, Recording, sleep, udpSockets, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

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

const bare = (sdp: string) => sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '');
const withLines = (lines: string) => (sdp: string) => bare(sdp).replace(/(?=a=ice-ufrag:)/g, lines);

describe('what an offer says of candidates', () => {
  const line = (address: string, more = 'udp 2122260223') => {
    const [transport, priority] = more.split(' ');
    return `a=candidate:1 1 ${transport} ${priority} ${address} 50000 typ host\r\n`;
  };
  test.each([
    ['an mDNS name', line('1b2c3d4e-0000-4000-8000-000000000000.local')],
    ['TCP alone', `a=candidate:1 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active\r\n`],
    ['IPv6 where we offer IPv4', line('fd00:9::7')],
    ['a host name', line('localhost')],
    ['nothing', ''],
    ['addresses that cannot be sent to', line('0.0.0.0') + line('224.0.0.251') + line('255.255.255.255')],
    ['words', line('::::') + line('999.1.1.1')],
    ['an address where nobody is', line('127.0.0.1')],
  ])('%s, and that this is all: it connects at once', async (_name, lines) => {
    const client = keep(new Stranger(service).track('audio').withChannel());
    const fromMs = performance.now();
    await client.connect({}, withLines(`${lines}a=end-of-candidates\r\n`));
    expect(performance.now() - fromMs).toBeLessThan(4000);
  });

  test('of a hundred addresses 32 are looked at, a name opens no socket, and nobody else is asked', async () => {
    const asked = [0, 0];
    const targets = await Promise.all(
      asked.map(async (_n, i) => {
        const socket = keep(dgram.createSocket('udp4'));
        await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
        return socket.on('message', () => (asked[i] = (asked[i] ?? 0) + 1)).address().port;
      }),
    );
    const candidate = (host: string, port: number) =>
      `a=candidate:1 1 udp 2122260223 ${host} ${port} typ host\r\n`;
    const names = Array.from({ length: 20 }, (_, i) => candidate(`name-${i}.local`, 9));
    const others = Array.from({ length: 11 }, (_, i) => candidate(`127.1.${1 + i}.1`, 9));
    const addresses = targets.map((port) => candidate('127.0.0.1', port));
    const more = Array.from({ length: 67 }, (_, i) => candidate(`127.0.${1 + i}.1`, 9));
    const sdp = await keep(new Stranger(service).track('audio')).offer();
    const before = udpSockets();
    const peer = await service.answer(
      withLines([...names, ...others, ...addresses, ...more].join(''))(sdp),
      new Recording(),
    );
    expect(udpSockets() - before).toBe(1);
    await until(() => asked[0]! > 0, 5000);
    await sleep(300);
    expect([asked[0]! > 0, asked[1]]).toEqual([true, 0]);
    await peer.close();
  });
});

describe('nobody else is asked', () => {
  afterEach(() => jest.restoreAllMocks());

  test('an answer looks nothing up, binds nothing but its own socket, and sends to nobody but who is in the offer', async () => {
    const sdp = await keep(new Stranger(service).track('audio')).offer();
    const hosts = ['a1b2.local', 'a1b3.local', 'stun.example.org', 'localhost', '127.9.9.9'];
    const lines = hosts.map((host) => `a=candidate:1 1 udp 2122260223 ${host} 9 typ host\r\n`).join('');
    const asked: string[] = [];
    // All of Node's names go through `lookup`: those of `dgram.send` too, which tells it addresses as well.
    const note = (name: unknown) => void (typeof name === 'string' && !isIP(name) && asked.push(name));
    for (const module of [dns, dns.promises]) {
      const real = module.lookup as (...args: unknown[]) => unknown;
      const spy = jest.spyOn(module as { lookup: (...args: unknown[]) => unknown }, 'lookup');
      spy.mockImplementation((...args) => {
        note(args[0]);
        return real(...args);
      });
    }
    const bind = jest.spyOn(dgram.Socket.prototype, 'bind');
    const send = jest.spyOn(dgram.Socket.prototype, 'send');
    const peer = await service.answer(withLines(`${lines}a=end-of-candidates\r\n`)(sdp), new Recording());
    await sleep(600);
    await peer.close();
    expect(bind).toHaveBeenCalledTimes(1);
    const sentTo = new Set((send.mock.calls as unknown[][]).map((args) => args[2]));
    expect([...sentTo]).toEqual(['127.9.9.9']);
    expect(asked).toEqual([]);
  });

  test('where the port of mDNS is held, a call with names connects all the same', async () => {
    const holder = keep(dgram.createSocket('udp4'));
    // Without `reuseAddr`, as some daemons do. Where another of this machine holds it already, it is held.
    holder.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      holder.once('error', () => resolve());
      holder.bind(5353, '0.0.0.0', () => resolve());
    });
    const client = keep(new Stranger(service).track('audio').withChannel());
    await client.connect({}, withLines('a=candidate:1 1 udp 2122260223 a1b2.local 9 typ host\r\n'));
    expect(client.heard.closed).toEqual([]);
  });
});

/** A call made by hand: ICE alone, no DTLS behind it. */
async function handmade(): Promise<{
  first: IceSocket;
  another: () => Promise<IceSocket>;
  heard: Recording;
}> {
  const client = keep(new Stranger(service).track('audio'));
  const own = { ufrag: 'mine', password: 'a-password-of-some-length' };
  const sdp = bare(await client.offer())
    .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${own.ufrag}`)
    .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${own.password}`);
  const heard = new Recording();
  const peer = await service.answer(sdp.replace(/a=setup:actpass/g, 'a=setup:passive'), heard);
  open.push({ close: () => peer.close() });
  const another = async () => keep(await new IceSocket(told(peer.answerSdp), own).bind());
  return { first: await another(), another, heard };
}

describe('checks', () => {
  test('one that is not signed with our password is not answered, nor one for somebody else', async () => {
    const { first } = await handmade();
    first.check({ password: 'guessed' });
    first.check({ username: 'other:mine' });
    first.send(Buffer.from('000100002112a442000000000000000000000000', 'hex'));
    await sleep(200);
    expect([first.answers, first.checks]).toEqual([[], []]);
    first.check();
    await until(() => first.answers.length === 1 && first.checks.length > 0);
  });

  test('our DTLS goes to the pair that was nominated last', async () => {
    const { first, another } = await handmade();
    first.check({ nominates: true });
    // The client waits (a=setup:passive): our ClientHello tells where we send.
    await until(() => first.data.length > 0);
    const second = await another();
    second.check({ nominates: true });
    await until(() => second.data.length > 0, 3000);
    const before = first.data.length;
    await sleep(1500);
    expect(first.data.length).toBe(before);
  });

  test('a recorded check, sent from elsewhere, takes nothing away', async () => {
    const { first, another } = await handmade();
    const recorded = first.check({ nominates: true });
    await until(() => first.data.length > 0);
    const thief = await another();
    thief.answering = false;
    thief.send(recorded);
    const before = first.data.length;
    await until(() => first.data.length > before, 5000);
    expect(thief.data).toEqual([]);
  });
});

test.each(['with the packets of a call', 'in silence'])(
  'a client behind a NAT that gives it another port keeps its call, %s',
  async (how) => {
    // client ⇄ front ⇄ outer ⇄ service; `outer` is the NAT's port.
    const bind = async () => {
      const socket = keep(dgram.createSocket('udp4'));
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      return socket;
    };
    const front = await bind();
    let outer = await bind();
    let clientPort = 0;
    let servicePort = 0;
    const takeBack = (s: dgram.Socket) =>
      s.on('message', (m) => s === outer && front.send(m, clientPort, '127.0.0.1'));
    takeBack(outer);
    front.on('message', (m, from) => {
      clientPort = from.port;
      outer.send(m, servicePort, '127.0.0.1');
    });
    const heard = new Recording();
    const client = await connectNode({
      url: 'http://127.0.0.1',
      exchange: async (offer) => {
        const peer = await service.answer(bare(offer), heard);
        servicePort = told(peer.answerSdp).port;
        say = (text) => void peer.send('oai-events', text);
        return peer.answerSdp.replaceAll(` ${servicePort} typ`, ` ${front.address().port} typ`);
      },
    });
    open.unshift(client);
    const events: unknown[] = [];
    client.on('event', (event) => events.push(event));
    if (how === 'in silence') client.mute(true);
    else void client.speak(await readAudio(mediaFixture('question.opus')));
    await sleep(1000);
    outer = await bind();
    takeBack(outer);
    const movedAtMs = performance.now();
    const frames = heard.audio.length;
    client.update({ instructions: 'are you there' });
    await until(() => heard.messages.some(([, text]) => String(text).includes('are you there')), 5000);
    say('{"type":"session.updated","event_id":"e","session":{}}');
    await until(() => events.length > 0, 5000);
    // The message itself may have been sent once more by SCTP, a second after it was lost.
    expect(performance.now() - movedAtMs).toBeLessThan(how === 'in silence' ? 3000 : 2500);
    expect(heard.closed).toEqual([]);
    if (how !== 'in silence') await until(() => heard.audio.length > frames + 20);
  },
);

let say: (text: string) => void = () => undefined;

describe('patience', () => {
  test('an offer that nobody follows up is given up, sooner than one whose client was heard from', async () => {
    const silent = new Recording();
    const sdp = await keep(new Stranger(service).track('audio')).offer();
    await service.answer(bare(sdp), silent, { silentTimeoutMs: 200, connectTimeoutMs: 1000 });
    const { first, heard } = await handmade();
    first.check();
    await until(() => silent.closed.length === 1, 1000);
    expect([silent.closed, heard.closed]).toEqual([['connect_timeout'], []]);
  });

  test('what is closed holds no socket and no timer, however early', async () => {
    const before = process.getActiveResourcesInfo().length;
    const { first, heard } = await handmade();
    first.check({ nominates: true });
    await until(() => first.data.length > 0);
    for (const one of open.splice(0).reverse()) await one.close();
    expect(heard.closed).toEqual(['closed_by_us']);
    // A flight of a handshake waits up to a second and a half before it notices.
    await until(() => process.getActiveResourcesInfo().length <= before, 8000);
  });
});
