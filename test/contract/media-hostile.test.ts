/** What strangers send: junk of every kind must end in a coded error or a counted drop, and the call goes on. All peers are real. */
import { createSocket } from 'node:dgram';

import { jest } from '@jest/globals';

import { MediaService } from '#modules/media';
import { useH264, useVP8 } from 'werift';

import { readAudio, readIvf } from '@vis-a-vis/client/node';
import { h264Payloads } from '../support/h264.js';
import { mediaFixture, Recording, sleep, udpSockets, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

let service: MediaService;
const strangers: Stranger[] = [];
const stranger = (codec = useVP8()) => {
  const one = new Stranger(service, codec);
  strangers.push(one);
  return one;
};

beforeAll(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
});
afterEach(async () => {
  await Promise.all(strangers.splice(0).map((s) => s.close()));
});
afterAll(() => service.onModuleDestroy());

describe('offers', () => {
  test.each([
    ['text', 'this is no SDP'],
    ['nothing', ''],
    ['half an offer', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio'],
  ])('%s is refused, and nothing stays open', async (_name, sdp) => {
    const before = udpSockets();
    await expect(service.answer(sdp, new Recording())).rejects.toMatchObject({ code: 'bad_sdp' });
    expect(udpSockets()).toBe(before);
    expect(service.openPeers).toBe(0);
  });

  test('junk in a line that only werift reads is refused too, and nothing stays open', async () => {
    const sdp = await stranger().track('audio').offer();
    const before = udpSockets();
    const heard = new Recording();
    const junk = sdp
      .replace(/a=fingerprint:.*/, 'a=fingerprint:')
      .replace(/a=rtpmap:(\d+) opus.*/, 'a=rtpmap:$1 opus/x');
    await expect(service.answer(junk, heard)).rejects.toMatchObject({ code: 'bad_sdp' });
    await sleep(50);
    expect(udpSockets()).toBe(before);
    expect(heard.closed).toEqual([]);
  });

  test('without audio it is refused', async () => {
    const sdp = await stranger().track('video').offer();
    await expect(service.answer(sdp, new Recording())).rejects.toMatchObject({ code: 'no_audio_in_offer' });
  });

  test('without candidates it connects all the same', async () => {
    const client = stranger().track('audio').withChannel();
    const peer = await client.connect({}, (sdp) => sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, ''));
    expect(peer.answerSdp.match(/a=candidate:.* 127\.0\.0\.1 /g)?.length).toBeGreaterThan(0);
  });

  test('a third video is answered as inactive', async () => {
    const client = stranger().track('audio').track('video').track('video').track('video');
    const peer = await client.connect();
    expect(peer.answerSdp.match(/^a=(recvonly|inactive)/gm)).toEqual([
      'a=recvonly',
      'a=recvonly',
      'a=recvonly',
      'a=inactive',
    ]);
  });

  test('a video codec that we cannot decode is rejected, and the call is held without it', async () => {
    const client = stranger().track('audio').track('video').withChannel();
    const peer = await client.connect({}, (sdp) => sdp.replace(/VP8\/90000/g, 'H265/90000'));
    expect(peer.answerSdp).toMatch(/^m=video 0 /m);
  });

  test('when the ports are used up, further calls are refused until one ends', async () => {
    const small = new MediaService({ iceHosts: ['127.0.0.1'], icePortRange: [42_710, 42_710] });
    const sdp = await stranger().track('audio').offer();
    const first = await small.answer(sdp, new Recording());
    expect(first.answerSdp).toContain(' 42710 typ host');
    await expect(small.answer(sdp, new Recording())).rejects.toMatchObject({ code: 'capacity' });
    await first.close();
    const again = await small.answer(sdp, new Recording());
    await again.close();
    await small.onModuleDestroy();
  });

  test('a port that another program holds costs no call, and two addresses take one port', async () => {
    const holder = createSocket('udp4');
    await new Promise<void>((resolve) => holder.bind(21_712, '127.0.0.1', resolve));
    const small = new MediaService({ iceHosts: ['127.0.0.1', '::1'], icePortRange: [21_711, 21_713] });
    const sdp = await stranger().track('audio').offer();
    const portsOf = async () =>
      (await small.answer(sdp, new Recording())).answerSdp.match(/(?<=127\.0\.0\.1 |0:1 )\d+(?= typ host)/g);
    expect([await portsOf(), await portsOf()].map((ports) => [...new Set(ports)])).toEqual([
      ['21711'],
      ['21713'],
    ]);
    await expect(portsOf()).rejects.toMatchObject({ code: 'capacity' });
    holder.close();
    await small.onModuleDestroy();
  });
});

describe('associations', () => {
  test('messages without an end are held up to the window, and beyond it they end the call', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    const sctp = client.connection.sctpTransport?.sctp;
    if (!sctp) throw new Error('no association');
    const send = sctp.sendChunk.bind(sctp);
    const unending = (chunk: Parameters<typeof send>[0]) => {
      if (chunk.type === 0) chunk.flags &= ~1;
      return send(chunk);
    };
    // A client that minds neither the end of its messages nor the window that it was given.
    Object.assign(sctp, { sendChunk: unending });
    Object.defineProperty(sctp, 'peerRwnd', { get: () => 2 ** 30 });
    for (let n = 0; n < 8; n += 1) client.channel?.send(Buffer.alloc(200_000));
    await until(() => client.heard.closed.length === 1);
  });

  test('hundreds of channels end the call that opens them', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    for (let n = 0; n < 300; n += 1) client.connection.createDataChannel(`c${n}`);
    await until(() => client.heard.closed.length === 1);
  });

  test('a chunk of length 0 is counted, and the call goes on', async () => {
    const client = stranger().track('audio').withChannel();
    const peer = await client.connect();
    const transport = client.connection.dtlsTransports[0];
    // Header with any tag; the chunk is looked at first.
    await transport?.dtls?.send(Buffer.concat([Buffer.alloc(12), Buffer.alloc(4)]));
    await until(() => client.heard.drops.malformed_message === 1);
    client.channel?.send('still here');
    await until(() => client.heard.messages.length === 1);
    expect(peer.bufferedAmount('oai-events')).toBe(0);
  });
});

describe('packets', () => {
  test('an unknown payload type is counted', async () => {
    const client = stranger().track('audio');
    await client.connect();
    await client.rtp('audio', { sequenceNumber: 1, timestamp: 0, payloadType: 77 }, Uint8Array.of(1, 2, 3));
    await until(() => client.heard.drops.unknown_payload_type === 1);
  });

  test('an audio packet that Opus refuses is counted, and the next is heard', async () => {
    const client = stranger().track('audio');
    await client.connect();
    const { packets } = await readAudio(mediaFixture('question.opus'));
    await client.rtp(
      'audio',
      { sequenceNumber: 1, timestamp: 960 },
      Uint8Array.of(0x9b, 0x03 | 0x80, 0xff, 0xff),
    );
    await client.rtp('audio', { sequenceNumber: 2, timestamp: 3840 }, packets[10] ?? new Uint8Array(0));
    await until(() => client.heard.audio.some((f) => !f.concealed));
    expect(client.heard.drops.undecodable_audio).toBe(1);
  });

  test('an undecodable frame is counted, and the stream goes on', async () => {
    const client = stranger().track('audio').track('video');
    await client.connect();
    const clip = await readIvf(mediaFixture('colours.vp8.ivf'));
    const junk = Uint8Array.of(0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, ...new Uint8Array(40).fill(0xee));
    await client.rtp('video', { sequenceNumber: 1, timestamp: 0, marker: true }, junk);
    await until(() => client.heard.drops.undecodable === 1);
    await client.frame(clip, 0, { n: 2 }, 9000);
    await until(() => client.heard.video.length === 1);
    expect(client.heard.video[0]?.image).toMatchObject({ width: 320, height: 240 });
  });

  test('a key frame is asked for when there is none', async () => {
    const client = stranger().track('audio').track('video');
    const peer = await client.connect();
    let asked = 0;
    client.senders.video[0]?.onPictureLossIndication.subscribe(() => (asked += 1));
    const clip = await readIvf(mediaFixture('colours.vp8.ivf'));
    await client.frame(clip, 1, { n: 1 }, 0);
    await until(() => asked >= 2);
    expect(peer.stats().keyFrameRequests).toBeGreaterThanOrEqual(2);
  });

  test('padding without payload is counted', async () => {
    const client = stranger().track('audio').track('video');
    await client.connect();
    await client.rtp('video', { sequenceNumber: 1, timestamp: 0 }, new Uint8Array(0));
    await until(() => client.heard.drops.empty_padding === 1);
  });

  test('the rate of the video is capped twice a second', async () => {
    const client = stranger().track('audio').track('video');
    await client.connect({ videoKbps: 500 });
    const clip = await readIvf(mediaFixture('colours.vp8.ivf'));
    await client.frame(clip, 0, { n: 1 }, 0);
    await until(() => client.senders.video[0]?.receiverEstimatedMaxBitrate === 500_000n);
  });

  test('H264 is decoded', async () => {
    const client = stranger(useH264()).track('audio').track('video');
    const peer = await client.connect();
    expect(peer.answerSdp).toMatch(/a=rtpmap:\d+ H264\/90000/);
    for (const [at, payload] of h264Payloads().entries()) {
      await client.rtp('video', { sequenceNumber: at + 1, timestamp: 0, marker: payload.last }, payload.data);
    }
    await until(() => client.heard.video.length === 1);
    const { image } = client.heard.video[0] ?? {};
    expect(image?.data.subarray((120 * 320 + 200) * 3)[0]).toBeGreaterThan(230);
  });
});

describe('messages', () => {
  test('an oversized message is counted, and the next arrives', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    client.channel?.send('x'.repeat(256 * 1024 + 1));
    client.channel?.send('small');
    await until(() => client.heard.messages.length === 1, 20_000);
    expect(client.heard.messages).toEqual([['oai-events', 'small']]);
    expect(client.heard.drops).toEqual({ oversized_message: 1 });
  });

  test('binary messages arrive as bytes', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    client.channel?.send(Buffer.from([1, 2, 3]));
    await until(() => client.heard.messages.length === 1);
    expect(Buffer.from(client.heard.messages[0]?.[1] ?? '')).toEqual(Buffer.from([1, 2, 3]));
  });

  test('a message of an unknown kind, and SCTP that does not parse, are counted', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    const sctp = client.connection.sctpTransport?.sctp;
    await sctp?.send(client.channel?.id ?? 0, 99, Buffer.from('?'));
    await client.connection.dtlsTransports[0]?.sendData(Buffer.from('neither is this SCTP'));
    await until(() => client.heard.drops.malformed_message === 2);
    client.channel?.send('still here');
    await until(() => client.heard.messages.length === 1);
  });

  test('sending beyond the limit, or on a channel that is not there, is told and throws nothing', async () => {
    const client = stranger().track('audio').withChannel();
    const peer = await client.connect();
    expect(peer.send('oai-events', 'x'.repeat(256 * 1024 + 1))).toBe('too_large');
    expect(peer.send('elsewhere', 'x')).toBe('not_open');
    expect(peer.bufferedAmount('elsewhere')).toBe(0);
    const closing = peer.close();
    expect(peer.send('oai-events', 'x')).toBe('not_open');
    await closing;
    expect(peer.send('oai-events', 'x')).toBe('not_open');
  });

  test.each([
    ['names', (sdp: string) => sdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:2000'), 2000],
    ['names none', (sdp: string) => sdp.replace(/a=max-message-size:.*\r\n/, ''), 65_536],
    ['takes any', (sdp: string) => sdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:0'), 262_144],
  ])('the limit is the one that the client %s', async (_how, edit, limit) => {
    const peer = await stranger().track('audio').withChannel().connect({}, edit);
    // Two bytes a character: it is bytes that count.
    expect(peer.send('oai-events', 'é'.repeat(limit / 2))).toBe('sent');
    expect(peer.send('oai-events', `${'é'.repeat(limit / 2)}.`)).toBe('too_large');
  });

  test('a client may close a channel, keep another, and open the first anew', async () => {
    const client = stranger().track('audio').withChannel();
    const peer = await client.connect();
    const other = client.connection.createDataChannel('other');
    await until(() => client.heard.channels.includes('other'));
    client.channel?.close();
    await until(() => peer.send('oai-events', 'x') === 'not_open');
    expect(peer.send('other', 'x')).toBe('sent');
    expect(client.heard.closed).toEqual([]);
    client.withChannel();
    await until(() => client.heard.channels.filter((label) => label === 'oai-events').length === 2);
    expect(peer.send('oai-events', 'x')).toBe('sent');
    other.close();
    client.channel?.close();
    await until(() => client.heard.closed.length > 0);
    expect(client.heard.closed).toEqual(['closed_by_peer']);
  });
});

describe('the end of a call', () => {
  test('by us, once, however often it is asked for', async () => {
    const before = udpSockets();
    const client = stranger().track('audio').withChannel();
    const peer = await client.connect();
    await Promise.all([peer.close(), peer.close()]);
    await client.connection.close();
    expect(client.heard.closed).toEqual(['closed_by_us']);
    expect(service.openPeers).toBe(0);
    await until(() => udpSockets() <= before);
  });

  test('by the client', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    await client.connection.close();
    await until(() => client.heard.closed.length > 0);
    expect(client.heard.closed).toEqual(['closed_by_peer']);
  });

  test('by the client closing its only channel', async () => {
    const client = stranger().track('audio').withChannel();
    await client.connect();
    client.channel?.close();
    await until(() => client.heard.closed.length > 0);
    await sleep(100); // time for a second one, which must not come
    expect(client.heard.closed).toEqual(['closed_by_peer']);
  });

  test('by never connecting', async () => {
    const before = udpSockets();
    const sdp = await stranger().track('audio').offer();
    const heard = new Recording();
    await service.answer(sdp, heard, { connectTimeoutMs: 200 });
    await until(() => heard.closed.length > 0);
    expect(heard.closed).toEqual(['connect_timeout']);
    await Promise.all(strangers.splice(0).map((s) => s.connection.close()));
    await until(() => udpSockets() <= before);
  });

  test('a handler that throws ends its own call, and no other', async () => {
    const broken = stranger().track('audio').withChannel();
    const other = stranger().track('audio').withChannel();
    await Promise.all([broken.connect(), other.connect()]);
    broken.heard.onMessage = () => {
      throw new Error('a bug');
    };
    broken.channel?.send('x');
    other.channel?.send('y');
    await until(() => broken.heard.closed.length > 0 && other.heard.messages.length > 0);
    expect(broken.heard.closed).toEqual(['failed']);
    expect(other.heard.closed).toEqual([]);
  });
});
