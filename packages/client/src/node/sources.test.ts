import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { encodePcm, parseWav, readAudio, silence } from './audio-clip.js';
import { parseIvf, readIvf } from './ivf.js';
import { PacketStream, vp8Payloads } from './rtp-packets.js';
import { AudioSender } from './rtp-sender.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/media/${name}`, import.meta.url));

describe('audio files', () => {
  test('Ogg/Opus is taken as it is', async () => {
    const clip = await readAudio(fixture('question.opus'));
    expect(clip.packets).toHaveLength(91);
    expect(new Set(clip.ticks)).toEqual(new Set([960]));
    expect(clip.durationMs).toBe(1820);
  });

  test('WAV is encoded, 20 ms a packet', async () => {
    const { pcm, rate } = parseWav(readFileSync(fixture('question.wav')));
    expect(rate).toBe(16_000);
    const clip = await readAudio(fixture('question.wav'));
    expect(clip.packets).toHaveLength(Math.ceil(pcm.length / 320));
  });

  test('silence costs a few bytes a packet', async () => {
    const { packets } = await silence(200);
    expect(packets).toHaveLength(10);
    expect(Math.max(...packets.map((p) => p.length))).toBeLessThan(40);
  });

  test('a last packet that is not full is filled up', async () => {
    expect((await encodePcm(new Float32Array(100), 48_000)).durationMs).toBe(20);
  });

  test.each([
    ['no WAV', Buffer.from('something else altogether')],
    ['a WAV without samples', readFileSync(fixture('question.wav')).subarray(0, 36)],
  ])('%s is refused', (_name, file) => {
    expect(() => parseWav(file)).toThrow(/WAV/);
  });
});

describe('video files', () => {
  test('IVF with VP8', async () => {
    const clip = await readIvf(fixture('colours.vp8.ivf'));
    expect(clip).toMatchObject({ width: 320, height: 240, durationMs: 3000 });
    expect(clip.frames.flatMap((f, i) => (f.key ? [i] : []))).toEqual([0, 15, 30]);
  });

  test.each([
    ['text', Buffer.from('no video at all, and no header of 32 bytes')],
    ['a cut header', readFileSync(fixture('colours.vp8.ivf')).subarray(0, 20)],
  ])('%s is refused', (_name, file) => {
    expect(() => parseIvf(file)).toThrow('not an IVF file with VP8');
  });
});

describe('RTP', () => {
  test('a frame is split under the MTU; its first payload says so', () => {
    const payloads = vp8Payloads(new Uint8Array(2500).fill(7), 0x1234);
    expect(payloads.map((p) => p.length)).toEqual([1104, 1104, 304]);
    expect(payloads.map((p) => [...p.subarray(0, 4)])).toEqual([
      [0x90, 0x80, 0x92, 0x34],
      [0x80, 0x80, 0x92, 0x34],
      [0x80, 0x80, 0x92, 0x34],
    ]);
  });

  test('packets are numbered without a gap; time is the caller’s', () => {
    const stream = new PacketStream();
    const [a, b] = [stream.packet(new Uint8Array(1), 0, false), stream.packet(new Uint8Array(1), 960, true)];
    expect((b.header.sequenceNumber - a.header.sequenceNumber) & 0xffff).toBe(1);
    expect((b.header.timestamp - a.header.timestamp) >>> 0).toBe(960);
    expect(b.header.marker).toBe(true);
  });
});

describe('AudioSender', () => {
  test('says what another one was given and has not said', async () => {
    const quiet = await silence(20);
    const clip = { ...quiet, packets: [1, 2, 3].map((n) => new Uint8Array([n])), ticks: [960, 960, 960] };
    const sent: number[] = [];
    const before = new AudioSender(() => undefined, quiet);
    const after = new AudioSender(({ payload }) => sent.push(payload[0] ?? 0), quiet);
    const said = before.speak(clip);
    after.takeOver(before);
    before.stop();
    await said;
    after.stop();
    expect(sent.slice(-3)).toEqual([1, 2, 3]);
  });
});
