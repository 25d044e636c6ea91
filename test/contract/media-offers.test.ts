/**
 * Offers of other stacks through the real service (werift), and calls by a real client whose offer is changed on its way: what is
 * answered must also connect.
 */
import { MediaService } from '#modules/media';

import fc from 'fast-check';

import { complaintsAbout } from '../support/answer-checker.js';
import { Recording, udpSockets, until } from '../support/media-call.js';
import { mutatedOffers } from '../support/mutated-offers.js';
import { OFFERS, REFUSED } from '../support/offers.js';
import { Stranger } from '../support/stranger.js';

let service: MediaService;
const strangers: Stranger[] = [];

beforeAll(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
});
afterEach(async () => {
  await Promise.all(strangers.splice(0).map((s) => s.close()));
});
afterAll(() => service.onModuleDestroy());

test.each([...OFFERS].filter(([name]) => !REFUSED.includes(name)))('%s is answered', async (name, offer) => {
  const before = udpSockets();
  const peer = await service.answer(offer, new Recording());
  expect(complaintsAbout(peer.answerSdp, offer)).toEqual([]);
  expect(peer.answerSdp).toMatch(/a=candidate:.* 127\.0\.0\.1 \d+ typ host/);
  expect([...new Set(peer.trackKinds)].toSorted((a, b) => a.localeCompare(b))).toEqual(
    name.endsWith('audio-data') ? ['audio'] : ['audio', 'video'],
  );
  await peer.close();
  await until(() => udpSockets() <= before);
});

test.each(REFUSED)('%s is refused, and nothing stays open', async (name) => {
  const before = udpSockets();
  await expect(service.answer(OFFERS.get(name) ?? '', new Recording())).rejects.toMatchObject({
    code: 'bad_sdp',
  });
  expect(udpSockets()).toBe(before);
});

test('whatever becomes of an offer on its way, it is answered or refused with a code, and nothing stays open', async () => {
  const before = udpSockets();
  const codes = new Set<string>();
  for (const offer of fc.sample(mutatedOffers, 60)) {
    const outcome = await service.answer(offer, new Recording()).then(
      async (peer) => ({ code: 'answered', closed: await peer.close() }),
      (error: Error & { code?: string }) => ({ code: error.code ?? error.message }),
    );
    codes.add(outcome.code);
  }
  expect([...codes].filter((code) => !['answered', 'bad_sdp', 'no_audio_in_offer'].includes(code))).toEqual(
    [],
  );
  expect(codes).toContain('answered');
  expect(service.openPeers).toBe(0);
  await until(() => udpSockets() <= before);
});

/** The lines of the transport. */
const TRANSPORT = /^a=(ice-ufrag|ice-pwd|ice-options|fingerprint|setup|candidate|end-of-candidates).*\r\n/gm;

const VARIANTS: readonly [name: string, edit: (sdp: string) => string][] = [
  ['LF', (sdp) => sdp.replaceAll('\r\n', '\n')],
  ['one LF after the fingerprint', (sdp) => sdp.replace(/(a=fingerprint.*)\r\n/, '$1\n')],
  ['one LF after the mid', (sdp) => sdp.replace(/(a=mid.*)\r\n/, '$1\n')],
  ['blanks at the ends', (sdp) => sdp.replaceAll('\r\n', ' \r\n ')],
  [
    'the transport in the session',
    (sdp) => {
      const lines = [...new Set(sdp.match(TRANSPORT))].filter((line) => !line.startsWith('a=candidate'));
      return sdp.replace(TRANSPORT, '').replace('t=0 0\r\n', `t=0 0\r\n${lines.join('')}`);
    },
  ],
  [
    'the transport in the first section alone',
    (sdp) => {
      const second = sdp.search(/^m=(?!audio)/m);
      return sdp.slice(0, second) + sdp.slice(second).replace(TRANSPORT, '');
    },
  ],
  [
    'sections that are bundle-only',
    (sdp) => sdp.replace(/^m=(video|application) \d+(.*)\r\n/gm, 'm=$1 0$2\r\na=bundle-only\r\n'),
  ],
  [
    'the data in its old form',
    (sdp) =>
      sdp
        .replace(/UDP\/DTLS\/SCTP webrtc-datachannel/, 'DTLS/SCTP 5000')
        .replace(/a=sctp-port:5000/, 'a=sctpmap:5000 webrtc-datachannel 1024'),
  ],
  ['no a=sctp-port', (sdp) => sdp.replace(/a=sctp-port.*\r\n/, '')],
  ['no a=setup', (sdp) => sdp.replace(/a=setup.*\r\n/g, '')],
  ['a setup that is passive', (sdp) => sdp.replace(/a=setup:actpass/g, 'a=setup:passive')],
  ['a setup that is active', (sdp) => sdp.replace(/a=setup:actpass/g, 'a=setup:active')],
  [
    'broken candidates before good ones',
    (sdp) => sdp.replace(/a=candidate/, 'a=candidate:1 1 udp\r\na=candidate:\r\na=candidate'),
  ],
  [
    'the end of its candidates, and none',
    (sdp) => sdp.replace(/a=candidate.*\r\n/g, '').replace(/a=mid/g, 'a=end-of-candidates\r\na=mid'),
  ],
  [
    'a wrong fingerprint by an unknown function',
    (sdp) => sdp.replace(/a=fingerprint/g, 'a=fingerprint:md5 00:11\r\na=fingerprint'),
  ],
  [
    'a section of another kind first',
    (sdp) => sdp.replace('m=audio', 'm=text 9 RTP/AVP 98\r\na=mid:text\r\nm=audio'),
  ],
];

test.each(VARIANTS)('a call connects with %s', async (_name, edit) => {
  const client = new Stranger(service).track('audio').track('video').withChannel();
  strangers.push(client);
  const peer = await service.answer(edit(await client.offer()), client.heard);
  client.peer = peer;
  // The client gets its own sections' answers: it did not write what was put before them.
  const answer = peer.answerSdp
    .replace(/^m=text [\s\S]*?(?=^m=)/m, '')
    .replace('DTLS/SCTP 5000', 'UDP/DTLS/SCTP webrtc-datachannel')
    .replace(/UDP\/UDP/, 'UDP')
    .replace('a=sctpmap:5000 webrtc-datachannel 1024', 'a=sctp-port:5000');
  await client.connection.setRemoteDescription({ type: 'answer', sdp: answer });
  await until(
    () => client.connection.connectionState === 'connected' && client.channel?.readyState === 'open',
  );
  client.channel?.send('hello');
  await until(() => client.heard.messages.length === 1);
  await client.rtp('audio', { sequenceNumber: 1, timestamp: 960 }, Uint8Array.of(0xf8, 0xff, 0xfe));
  await until(() => client.heard.audio.length > 0);
  expect(peer.trackKinds).toEqual(['audio', 'video']);
});

test('a single section connects without mid and group', async () => {
  const client = new Stranger(service).track('audio');
  strangers.push(client);
  const peer = await service.answer((await client.offer()).replace(/a=(mid|group).*\r\n/g, ''), client.heard);
  client.peer = peer;
  // This client wants its mid back, which the answer cannot know.
  await client.connection.setRemoteDescription({
    type: 'answer',
    sdp: peer.answerSdp.replace('a=recvonly', 'a=mid:0\r\na=recvonly'),
  });
  await until(() => client.connection.connectionState === 'connected');
  await client.rtp('audio', { sequenceNumber: 1, timestamp: 960 }, Uint8Array.of(0xf8, 0xff, 0xfe));
  await until(() => client.heard.audio.length > 0);
});
