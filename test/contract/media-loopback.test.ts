/** Real peers on 127.0.0.1: the Node client sends files, the media service receives. Nothing is fake. */
import { readFileSync } from 'node:fs';

import { jest } from '@jest/globals';

import type { AudioFrame, RgbImage } from '#modules/contracts';
import { MediaService, type MediaOptions, type MediaPeer } from '#modules/media';

import {
  connectNode,
  parseWav,
  readAudio,
  readIvf,
  type NodeCall,
  type NodeConnectOptions,
  type Spoken,
} from '@vis-a-vis/client/node';
import { mediaFixture, Recording, sleep, until } from '../support/media-call.js';

jest.setTimeout(30_000);
// Live RTP on a machine that does other work too: a packet that comes too late is concealed, as it should be, and is not what was sent.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

let service: MediaService;
const open: NodeCall[] = [];

interface Loopback {
  readonly client: NodeCall;
  readonly peer: MediaPeer;
  readonly heard: Recording;
}

async function call(options: Partial<NodeConnectOptions> = {}, media: MediaOptions = {}): Promise<Loopback> {
  const heard = new Recording();
  const answered = Promise.withResolvers<MediaPeer>();
  const client = await connectNode({
    url: 'http://127.0.0.1',
    exchange: async (offer) => {
      const peer = await service.answer(offer, heard, media);
      answered.resolve(peer);
      return peer.answerSdp;
    },
    ...options,
  });
  open.push(client);
  await sleep(1000); // setting a call up holds the first packets back: until then, times are off
  return { client, peer: await answered.promise, heard };
}

beforeAll(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});
afterAll(() => service.onModuleDestroy());

/** What was heard from the utterance's first packet on, placed by its time stamps. */
function utteranceOf(frames: readonly AudioFrame[], spoken: Spoken, samples: number): Float32Array {
  const pcm = new Float32Array(samples);
  for (const frame of frames) {
    const at = Math.round((frame.ptsMs - spoken.firstPacketAtMs) * 16);
    frame.pcm.forEach((value, i) => {
      if (at + i >= 0 && at + i < samples) pcm[at + i] = value;
    });
  }
  return pcm;
}

/** The best normalised correlation over lags of up to 150 ms (the codec's delay, and what a busy sender is late). */
function correlation(heard: Float32Array, said: Float32Array): number {
  // At 8 kHz, where speech has its energy: the search costs a quarter.
  const [a, b] = [heard, said].map((pcm) => pcm.filter((_, i) => i % 2 === 0)) as [
    Float32Array,
    Float32Array,
  ];
  const energy = (x: Float32Array) => x.reduce((sum, v) => sum + v * v, 0);
  const n = Math.min(a.length, b.length);
  let best = 0;
  for (let lag = -1200; lag <= 1200; lag += 1) {
    let dot = 0;
    const end = Math.min(n, n + lag); // outside of the loop: looking up a global is slow under jest
    for (let i = Math.max(0, lag); i < end; i += 1) dot += a[i]! * b[i - lag]!;
    best = Math.max(best, dot);
  }
  return best / Math.sqrt(energy(a) * energy(b));
}

const pixel = ({ data, width }: RgbImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const question = () => parseWav(readFileSync(mediaFixture('question.wav'))).pcm;

test('speech arrives as what was said, at the time it was said', async () => {
  const { client, peer, heard } = await call();
  const spoken = await client.speak(await readAudio(mediaFixture('question.opus')));
  await until(() => (heard.audio.at(-1)?.ptsMs ?? 0) > spoken.lastPacketAtMs + 40);
  const said = question();
  expect(correlation(utteranceOf(heard.audio, spoken, said.length), said)).toBeGreaterThan(0.85);
  expect(peer.trackKinds).toEqual(['audio']);
  expect(peer.stats().audioMs).toEqual({ concealed: 0, recovered: 0, silence: 0 });
});

test('speech from a WAV file arrives too', async () => {
  const { client, heard } = await call();
  const spoken = await client.speak(await readAudio(mediaFixture('question.wav')));
  await until(() => (heard.audio.at(-1)?.ptsMs ?? 0) > spoken.lastPacketAtMs + 40);
  const said = question();
  expect(correlation(utteranceOf(heard.audio, spoken, said.length), said)).toBeGreaterThan(0.85);
});

test('audio is gapless', async () => {
  const { client, heard } = await call();
  await client.speak(await readAudio(mediaFixture('question.opus')));
  const steps = heard.audio.slice(1).map((f, i) => f.ptsMs - (heard.audio[i]?.ptsMs ?? 0));
  expect(Math.min(...steps)).toBeGreaterThan(10);
  expect(Math.max(...steps)).toBeLessThan(30);
});

test('video arrives as one picture a second, in its colours, on the clock of the audio', async () => {
  const { client, peer, heard } = await call({ video: await readIvf(mediaFixture('colours.vp8.ivf')) });
  await until(() => heard.video.length === 4);
  expect(peer.trackKinds).toEqual(['audio', 'video']);
  const near = (v: number) => expect.closeTo(v, -1.5);
  expect(heard.video.map((f) => pixel(f.image, 200, 120))).toEqual([
    [near(255), near(0), near(0)],
    [near(0), near(255), near(0)],
    [near(0), near(0), near(255)],
    [near(255), near(0), near(0)],
  ]);
  expect(pixel(heard.video[0]?.image ?? { width: 1, height: 1, data: new Uint8Array(3) }, 40, 40)).toEqual([
    near(255),
    near(255),
    near(255),
  ]);
  const steps = heard.video.slice(1).map((f, i) => f.ptsMs - (heard.video[i]?.ptsMs ?? 0));
  expect(steps).toEqual([1000, 1000, 1000].map((ms) => expect.closeTo(ms, -2)));
  for (const frame of heard.video) expect(Math.abs(frame.arrivedAtMs - frame.ptsMs)).toBeLessThan(200);
  await client.close();
});

test('pictures are scaled to fit, with their aspect ratio', async () => {
  const { heard } = await call(
    { video: await readIvf(mediaFixture('testsrc.vp8.ivf')) },
    { maxFrameSide: 96 },
  );
  await until(() => heard.video.length > 0);
  expect(heard.video[0]?.image).toMatchObject({ width: 96, height: 72 });
  expect(heard.video[0]?.image.data).toHaveLength(96 * 72 * 3);
});

test('loss, reordering and duplicates: the speech is still understood, and everything is counted', async () => {
  let n = 0;
  let heldBack: Parameters<NonNullable<NodeConnectOptions['impair']>>[0] | null = null;
  const { client, peer, heard } = await call({
    impair: (packet, kind) => {
      if (kind !== 'audio') return [packet];
      n += 1;
      if (n % 20 === 0) return []; // 5 % lost
      if (n % 7 === 0) return [packet, packet.clone()];
      if (n % 11 === 0) {
        heldBack = packet;
        return [];
      }
      const late = heldBack;
      heldBack = null;
      return late ? [packet, late] : [packet];
    },
  });
  const spoken = await client.speak(await readAudio(mediaFixture('question.opus')));
  await until(() => (heard.audio.at(-1)?.ptsMs ?? 0) > spoken.lastPacketAtMs + 100);
  const said = question();
  expect(correlation(utteranceOf(heard.audio, spoken, said.length), said)).toBeGreaterThan(0.75);
  expect(heard.drops.duplicate).toBeGreaterThan(5);
  const { recovered, concealed } = peer.stats().audioMs;
  expect(recovered + concealed).toBeGreaterThan(60);
});

test('video survives loss: damaged key frames are counted, and pictures go on', async () => {
  let n = 0;
  const { heard } = await call({
    video: await readIvf(mediaFixture('testsrc.vp8.ivf')),
    impair: (packet, kind) => (kind === 'video' && ++n % 10 === 0 ? [] : [packet]),
  });
  await until(() => heard.video.length >= 4, 20_000);
  expect(heard.drops.undecodable).toBeUndefined();
}, 30_000);

test('a sender that pauses its packets is heard as silence', async () => {
  const { client, peer, heard } = await call();
  await sleep(300);
  client.mute(true);
  await sleep(1600);
  client.mute(false);
  await sleep(300);
  const ends = heard.audio.map((f) => f.ptsMs + f.pcm.length / 16);
  const gaps = heard.audio.slice(1).map((f, i) => Math.abs(f.ptsMs - (ends[i] ?? 0)));
  expect(Math.max(...gaps)).toBeLessThan(25);
  expect(peer.stats().audioMs.silence).toBeGreaterThan(1000);
});

test('messages go both ways', async () => {
  const { client, peer, heard } = await call();
  const events: unknown[] = [];
  client.on('event', (event) => events.push(event));
  await until(() => heard.channels.length === 1);
  client.update({ instructions: 'be brief' });
  peer.send('oai-events', JSON.stringify({ type: 'session.created' }));
  await until(() => heard.messages.length === 1 && events.length === 1);
  expect(heard.channels).toEqual(['oai-events']);
  expect(heard.messages[0]?.[1]).toContain('be brief');
  expect(peer.bufferedAmount('oai-events')).toBe(0);
});

test('four calls at once do not hear each other', async () => {
  const calls = await Promise.all(Array.from({ length: 4 }, () => call()));
  expect(service.openPeers).toBe(4);
  const clip = await readAudio(mediaFixture('question.opus'));
  await calls[2]?.client.speak(clip);
  const loud = calls.map(({ heard }) => heard.audio.some((f) => f.pcm.some((x) => Math.abs(x) > 0.05)));
  expect(loud).toEqual([false, false, true, false]);
});
