/** ICE that begins anew within a call, and candidates that come after the offer. All sockets are real; ICE of the client's side is by hand. */
import { jest } from '@jest/globals';

import { MediaService, type MediaOptions, type MediaPeer } from '#modules/media';
import { IceSocket, told, type Told } from '../support/ice-client.js';
import { Recording, sleep, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const FIRST = { ufrag: 'mine', password: 'a-password-of-some-length' };
const ANEW = { ufrag: 'anew', password: 'another-password-of-a-length' };

let service: MediaService;
/** With a port a call, and with one for all calls. */
const PORTS: [string, MediaOptions][] = [
  ['a port of its own', {}],
  ['the one port', { iceUdpPort: 21_720 }],
];
const open: { close(): unknown }[] = [];
const keep = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};

const bare = (sdp: string) => sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '');

/** A call whose client waits for our ClientHello, so that what comes tells where we send. */
async function call(): Promise<{ peer: MediaPeer; heard: Recording; first: IceSocket }> {
  const client = keep(new Stranger(service).track('audio'));
  const sdp = bare(await client.offer())
    .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${FIRST.ufrag}`)
    .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${FIRST.password}`)
    .replace(/a=setup:actpass/g, 'a=setup:passive');
  const heard = new Recording();
  const peer = await service.answer(sdp, heard);
  open.push({ close: () => peer.close() });
  const first = keep(await new IceSocket(told(peer.answerSdp), FIRST).bind());
  first.check({ nominates: true });
  await until(() => first.data.length > 0);
  return { peer, heard, first };
}

async function restarted(peer: MediaPeer): Promise<Told> {
  const { ufrag, password } = peer.restartIce(ANEW);
  return { ufrag, password, port: told(peer.answerSdp).port };
}

/** More of our DTLS comes to a socket, within the time between two of its flights. */
async function comesTo(socket: IceSocket): Promise<void> {
  const before = socket.data.length;
  await until(() => socket.data.length > before, 5000);
}

describe.each(PORTS)('a call with %s', (_name, options) => {
  beforeAll(async () => {
    service = new MediaService({ iceHosts: ['127.0.0.1'], ...options });
    await service.onModuleInit();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(() => service.onModuleDestroy());

  test('a restart has credentials of its own, and takes the call over once it has connected', async () => {
    const { peer, first } = await call();
    const before = told(peer.answerSdp);
    const anew = await restarted(peer);
    expect(anew.ufrag).not.toBe(before.ufrag);
    expect(anew.password).not.toBe(before.password);
    const second = keep(await new IceSocket(anew, ANEW).bind());
    second.check({ nominates: true });
    await comesTo(second);
    const sofar = first.data.length;
    await sleep(1500);
    expect([first.data.length, first.answers.length > 0]).toEqual([sofar, true]);
  });

  test('a restart that comes to nothing leaves the call where it is', async () => {
    const { peer, heard, first } = await call();
    const anew = await restarted(peer);
    const lost = keep(await new IceSocket(anew, ANEW).bind());
    lost.check({ password: 'guessed', nominates: true });
    await comesTo(first);
    const answers = first.answers.length;
    first.check();
    await until(() => first.answers.length > answers);
    expect([heard.closed, lost.answers, lost.data]).toEqual([[], [], []]);
  });

  test('a client that goes by its new credentials in the session before, as Chromium does, is followed there', async () => {
    const { peer, first } = await call();
    await restarted(peer);
    // It answers nothing that is not signed with its new password.
    first.answering = false;
    const moved = keep(await new IceSocket(first.remote, ANEW).bind());
    moved.check({ nominates: true });
    await comesTo(moved);
    expect(moved.checks.length).toBeGreaterThan(0);
  });

  test('the credentials of a session do not count in another', async () => {
    const { peer, first } = await call();
    const anew = await restarted(peer);
    const old = told(peer.answerSdp);
    const mixed = keep(await new IceSocket({ ...anew, password: first.remote.password }, ANEW).bind());
    mixed.check({ nominates: true });
    await sleep(200);
    expect([mixed.answers, mixed.checks, mixed.data]).toEqual([[], [], []]);
    // The answer as it stands now has the new ones.
    expect([old.ufrag, old.password]).toEqual([anew.ufrag, anew.password]);
  });

  test('a request that is repeated restarts nothing', async () => {
    const { peer } = await call();
    expect(peer.restartIce(ANEW)).toEqual(peer.restartIce(ANEW));
  });

  test('a candidate that comes later is checked; one of another session, or that cannot be read, is left out', async () => {
    const { peer } = await call();
    const anew = await restarted(peer);
    const second = keep(await new IceSocket(anew, ANEW).bind());
    const { port } = second.socket.address();
    const line = `1 1 udp 2122260223 127.0.0.1 ${port} typ host`;
    expect(peer.addCandidates([line], FIRST.ufrag)).toBe(0);
    expect(peer.addCandidates([`${line} ufrag ${FIRST.ufrag}`, 'nonsense', ''])).toBe(0);
    await sleep(200);
    expect(second.checks).toEqual([]);
    expect(peer.addCandidates([`candidate:${line} generation 1 ufrag ${ANEW.ufrag}`])).toBe(1);
    await until(() => second.checks.length > 0);
  });

  test('no more candidates are looked at of a client than 32', async () => {
    const { peer } = await call();
    await restarted(peer);
    const second = keep(await new IceSocket(told(peer.answerSdp), ANEW).bind());
    const line = (host: string, port: number) => `1 1 udp 2122260223 ${host} ${port} typ host`;
    const elsewhere = Array.from({ length: 32 }, (_, i) => line(`127.0.${1 + i}.1`, 9));
    peer.addCandidates([...elsewhere, line('127.0.0.1', second.socket.address().port)], ANEW.ufrag);
    await sleep(2500);
    expect(second.checks).toEqual([]);
  });

  test('a call that is over takes none of it', async () => {
    const { peer } = await call();
    const offer = await keep(new Stranger(service).track('audio')).offer();
    await peer.close();
    for (const late of [
      () => peer.restartIce(ANEW),
      () => peer.addCandidates([]),
      () => peer.renegotiate(offer),
    ]) {
      expect(late).toThrow(expect.objectContaining({ code: 'session_closed' }));
    }
  });
});
