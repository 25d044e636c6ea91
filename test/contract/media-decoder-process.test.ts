/** The decoder process is real here, and so is what happens to it: signals sent to it, starts that fail, a parent that is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { jest } from '@jest/globals';
import { MediaService } from '#modules/media';
import { parseIvf } from '@vis-a-vis/client/node';

import { VideoDecoder, type VideoDecoderLimits } from '../../modules/media/infra/video/video-decoder.js';
import { mediaFixture, sleep, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const { frames } = parseIvf(readFileSync(mediaFixture('colours.vp8.ivf')));
const frame = (n: number) => Uint8Array.from(frames[n]?.data ?? []);
const still = readFileSync(mediaFixture('still.png'));
const alive = (pid: number) => {
  // A process that has ended and was not waited for still has a folder, in state Z.
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
};

const support = (name: string) => new URL(`../support/${name}`, import.meta.url);

const open: VideoDecoder[] = [];
function setUp(limits: VideoDecoderLimits = {}, entry?: ConstructorParameters<typeof VideoDecoder>[2]) {
  const lost: [why: string, willRestart: boolean][] = [];
  const decoder = new VideoDecoder({ onLost: (...told) => lost.push(told) }, limits, entry);
  open.push(decoder);
  return { decoder, lost };
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((decoder) => decoder.close()));
});

/** Sends a signal to the process and returns its id. */
function signal(decoder: VideoDecoder, name: NodeJS.Signals): number {
  const { pid } = decoder;
  if (pid === undefined) throw new Error('no decoder process');
  process.kill(pid, name);
  return pid;
}

test('a crash costs the job under way; what waits is done by the next process, and a live track goes on with a key frame', async () => {
  const { decoder, lost } = setUp();
  const track = decoder.openTrack('vp8', 384);
  expect(await track.decode(frame(0), 'key')).toHaveProperty('image');
  // Stopped, so that the job is under way for sure when it crashes.
  signal(decoder, 'SIGSTOP');
  const jobs = [track.decode(frame(0), 'key'), decoder.decodeImage(still, 'png', 64)] as const;
  await sleep(50);
  const pid = signal(decoder, 'SIGSEGV');
  process.kill(pid, 'SIGCONT');
  expect(await jobs[0]).toBe('undecodable');
  expect(await jobs[1]).toMatchObject({ width: 64 });
  expect(lost).toEqual([[expect.stringContaining('SIGSEGV'), true]]);
  expect(decoder.pid).not.toBe(pid);
  // The new process knows nothing of the track.
  expect(await track.decode(frame(1), 'newest')).toBe('undecodable');
  expect(await track.decode(frame(0), 'key')).toMatchObject({ image: { width: 320 } });
  track.close();
});

test('a process that hangs is killed and replaced', async () => {
  const { decoder, lost } = setUp({ jobMs: 500 });
  await decoder.decodeImage(still, 'png', 64);
  const pid = signal(decoder, 'SIGSTOP');
  const jobs = [decoder.decodeImage(still, 'png', 64), decoder.decodeImage(still, 'png', 64)];
  expect(await jobs[0]).toBe('lost');
  expect(await jobs[1]).toMatchObject({ width: 64 });
  expect(lost).toEqual([['a picture took too long', true]]);
  expect(alive(pid)).toBe(false);
});

test('live frames go before still images', async () => {
  const { decoder } = setUp();
  const track = decoder.openTrack('vp8', 384);
  const order: string[] = [];
  await Promise.all([
    ...Array.from({ length: 3 }, () => decoder.decodeImage(still, 'png', 64).then(() => order.push('image'))),
    track.decode(frame(0), 'key').then(() => order.push('frame')),
  ]);
  expect(order).toEqual(['frame', 'image', 'image', 'image']);
});

test('signals to the whole group do not end it: it ends with its parent', async () => {
  const { decoder, lost } = setUp();
  await decoder.decodeImage(still, 'png', 64);
  const pid = signal(decoder, 'SIGTERM');
  signal(decoder, 'SIGINT');
  expect(await decoder.decodeImage(still, 'png', 64)).toMatchObject({ width: 64 });
  await decoder.close();
  expect(alive(pid)).toBe(false);
  expect(lost).toEqual([]);
});

test("it has none of its parent's environment", async () => {
  const { decoder } = setUp();
  await decoder.decodeImage(still, 'png', 64);
  const names = readFileSync(`/proc/${decoder.pid}/environ`, 'latin1')
    .split('\0')
    .map((line) => line.split('=')[0] ?? '')
    .filter(Boolean);
  // The shell that limits its memory adds where it is.
  expect(names.filter((name) => name !== 'PWD' && !name.startsWith('MALLOC_'))).toEqual([]);
});

test('one that cannot be started is given up after several attempts, and everything is told', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  try {
    const { decoder, lost } = setUp({}, { url: new URL('./no-such-file.js', import.meta.url), execArgv: [] });
    const job = decoder.decodeImage(still, 'png', 64);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    while (lost.at(-1)?.[1] !== false) {
      await turn();
      jest.advanceTimersByTime(10);
    }
    expect(await job).toBe('lost');
    expect(lost.map(([, willRestart]) => willRestart)).toEqual([true, true, true, true, true, false]);
    expect(await decoder.decodeImage(still, 'png', 64)).toBe('lost');
  } finally {
    jest.useRealTimers();
  }
});

test('crashes one after the other never end it for good', async () => {
  const { decoder, lost } = setUp();
  for (let n = 0; n < 3; n += 1) {
    expect(await decoder.decodeImage(still, 'png', 64)).toMatchObject({ width: 64 });
    signal(decoder, 'SIGKILL');
    await until(() => lost.length === n + 1);
  }
  expect(await decoder.decodeImage(still, 'png', 64)).toMatchObject({ width: 64 });
  expect(lost.every(([, willRestart]) => willRestart)).toBe(true);
});

// Only the kernel can end one that hangs: Debian's util-linux asks it to.
const hanging = existsSync('/usr/bin/setpriv') ? [['hangs', 'SIGSTOP']] : [];

test.each([['waits', 'SIGCONT'], ...hanging])(
  'one that %s does not outlive a parent that is killed',
  async (_name, before) => {
    const parent = spawn(
      process.execPath,
      ['--import', support('ts-worker.mjs').href, fileURLToPath(support('mortal-decoder.mjs'))],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const pid = Number(line);
    expect(alive(pid)).toBe(true);
    process.kill(pid, before);
    parent.kill('SIGKILL');
    await until(() => !alive(pid));
  },
);

test('a call goes on over a crash: the next key frame is its next picture', async () => {
  const service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
  const client = new Stranger(service).track('audio').track('video');
  try {
    await client.connect();
    const sequence = { n: 1 };
    const clip = { frames, width: 320, height: 240 } as unknown as Parameters<Stranger['frame']>[0];
    await client.frame(clip, 0, sequence, 0);
    await until(() => client.heard.video.length === 1);
    const pid = service.decoderPid ?? 0;
    process.kill(pid, 'SIGSEGV');
    await until(() => service.stats().decodersEnded === 1 && service.decoderPid !== undefined);
    await client.frame(clip, 0, sequence, 90_000);
    await until(() => client.heard.video.length === 2);
    expect(client.heard.closed).toEqual([]);
  } finally {
    await client.close();
    await service.onModuleDestroy();
  }
});

test('open calls are told when pictures are lost for good, and so is one that opens later', async () => {
  let lose: ((why: string, willRestart: boolean) => void) | undefined;
  const service = new MediaService({ iceHosts: ['127.0.0.1'] }, undefined, (events) => {
    lose = (why, willRestart) => events.onLost(why, willRestart);
    return new VideoDecoder(events);
  });
  const clients = [0, 1].map(() => new Stranger(service).track('audio'));
  const told: string[][] = [[], []];
  clients.forEach((client, i) => {
    client.heard.onLost = (part, why) => told[i]?.push(`${part}: ${why}`);
  });
  try {
    await service.answer(await clients[0]!.offer(), clients[0]!.heard);
    lose?.('a crash', true);
    expect(told).toEqual([[], []]);
    lose?.('it does not start', false);
    expect(service.stats()).toMatchObject({ decodersEnded: 2, decoderLost: true });
    await service.answer(await clients[1]!.offer(), clients[1]!.heard);
    expect(told).toEqual([['video: it does not start'], ['video: it does not start']]);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await service.onModuleDestroy();
  }
});
