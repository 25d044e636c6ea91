/** A camera and a screen as real RTP of a real peer, to the real service and its decoder. */
import { jest } from '@jest/globals';

import { MediaService } from '#modules/media';
import { readIvf, type VideoClip } from '@vis-a-vis/client/node';
import { RtpHeader, type RTCRtpSender } from 'werift';

import { mediaFixture, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const MID = 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid';
const RED = 'red';
const GREEN = 'green';

let service: MediaService;
let clip: VideoClip;
const strangers: Stranger[] = [];

beforeAll(async () => {
  service = new MediaService({ iceHosts: ['127.0.0.1'] });
  await service.onModuleInit();
  clip = await readIvf(mediaFixture('colours.vp8.ivf'));
});
afterEach(async () => {
  await Promise.all(strangers.splice(0).map((one) => one.close()));
});
afterAll(() => service.onModuleDestroy());

/** Key frames of the clip by the colour that they show. */
function keyFrame(colour: string): Uint8Array {
  const keys = clip.frames.filter(({ data }) => ((data[0] ?? 1) & 1) === 0);
  const data = keys[colour === RED ? 0 : 1]?.data;
  if (!data) throw new Error('the clip has fewer key frames');
  return data;
}

/** Sends a picture as one stream's next frame. @param mid what each of its packets tells */
class Sender {
  #sequence = 0;
  #frames = 0;

  constructor(
    private readonly sender: RTCRtpSender,
    private readonly mid: string | null,
  ) {}

  async show(colour: string): Promise<void> {
    const data = keyFrame(colour);
    const timestamp = this.#frames++ * 90_000;
    for (let at = 0; at < data.length; at += 1000) {
      const payload = Buffer.of(at === 0 ? 0x10 : 0, ...data.subarray(at, at + 1000));
      const header = new RtpHeader({
        ssrc: this.sender.ssrc,
        payloadType: this.sender.codec?.payloadType ?? 0,
        sequenceNumber: this.#sequence++,
        timestamp,
        marker: at + 1000 >= data.length,
      });
      if (this.mid !== null) {
        header.extensionProfile = 0xbede;
        header.extensions = [{ id: 4, payload: Buffer.from(this.mid) }];
      }
      await this.sender.dtlsTransport.sendRtp(payload, header);
    }
  }
}

/** Offers that say of each video which SSRC it is, or only how its packets will tell. */
const OFFERS: readonly [string, (sdp: string) => string, boolean][] = [
  ['the offer', (sdp) => sdp, false],
  [
    'the packets',
    (sdp) => sdp.replaceAll(/^a=ssrc.*\r\n/gm, '').replaceAll(/^(a=mid:.*\r\n)/gm, `$1${MID}\r\n`),
    true,
  ],
];

test.each(OFFERS)('each is seen as what it is, told by %s', async (_what, edit, byMid) => {
  const client = new Stranger(service).track('audio').track('video').track('video').withChannel();
  strangers.push(client);
  const peer = await client.connect({}, edit);
  expect(peer.trackKinds).toEqual(['audio', 'video', 'video']);
  expect(peer.answerSdp.match(/^b=AS:300$/gm)).toHaveLength(2);
  const mids = [...peer.answerSdp.matchAll(/^m=video[^]*?^a=mid:(\S+)/gm)].map(([, mid]) => mid ?? '');
  const [camera, screen] = client.senders.video.map((sender, i) => {
    return new Sender(sender, byMid ? (mids[i] ?? '') : null);
  });
  const asked = [0, 0];
  client.senders.video.forEach((sender, i) =>
    sender.onPictureLossIndication.subscribe(() => (asked[i] = (asked[i] ?? 0) + 1)),
  );
  // The screen first: nothing of it may be taken for the camera, which has not sent yet.
  const { video, drops } = client.heard;
  await screen?.show(GREEN);
  await until(() => video.length === 1);
  await camera?.show(RED);
  await until(() => video.length === 2);
  expect(video.map(({ source, image }) => [source, colourOf(image.data)])).toEqual([
    ['screen', GREEN],
    ['camera', RED],
  ]);
  // Each is asked for its next picture, and both are told what they may send together (werift hands that to one sender alone).
  await until(() => asked.every((times) => times > 0));
  await until(() => client.senders.video.some((one) => one.receiverEstimatedMaxBitrate === 600_000n));
  expect(drops).toEqual({});
});

test('a screen that ends by another offer is seen no more, and the camera goes on', async () => {
  const client = new Stranger(service).track('audio').track('video').track('video').withChannel();
  strangers.push(client);
  const peer = await client.connect();
  const [camera, screen] = client.senders.video.map((sender) => new Sender(sender, null));
  const { video, drops } = client.heard;
  await screen?.show(GREEN);
  await until(() => video.length === 1);
  const [head = '', ...sections] = (client.connection.localDescription?.sdp ?? '').split(/^(?=m=)/m);
  const ended = sections.map((section, i) =>
    i === 2 ? section.replace(/^a=sendonly/m, 'a=inactive') : section,
  );
  const answer = peer.renegotiate(head + ended.join(''));
  expect(answer.split(/^(?=m=)/m).map((section) => /^a=(recvonly|inactive)/m.exec(section)?.[1])).toEqual([
    undefined,
    'recvonly',
    'recvonly',
    'inactive',
    undefined,
  ]);
  await screen?.show(RED);
  await until(() => (drops.extra_stream ?? 0) > 0);
  await camera?.show(RED);
  await until(() => video.length === 2);
  expect(video[1]?.source).toBe('camera');
});

/** Of the pixel at (200, 120), where the clip's colours are. */
function colourOf(data: Uint8Array): string {
  const at = data.length / 2 + 3 * 8;
  const [red = 0, green = 0] = data.subarray(at, at + 2);
  return red > green ? RED : GREEN;
}
