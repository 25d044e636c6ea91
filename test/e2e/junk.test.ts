import { jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectNode, readIvf, type NodeCall, type NodeConnectOptions } from '@vis-a-vis/client/node';
import { httpErrorSchema } from '@vis-a-vis/protocol';
import { Gateway } from './support/gateway.js';

jest.setTimeout(30_000);

/**
 * Real: the built gateway as its own process, and calls over WebRTC. Each kind of junk is answered by a coded error or
 * counted as a drop, while the call that sent it and another one go on answering.
 */
const VIDEO = fileURLToPath(new URL('../fixtures/media/colours.vp8.ivf', import.meta.url));
const OFFER_OF_VIDEO_ONLY = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');

describe('junk', () => {
  let gateway: Gateway;
  let bystander: NodeCall;
  const calls: NodeCall[] = [];

  const open = async (options: Partial<NodeConnectOptions> = {}): Promise<NodeCall> => {
    const call = await connectNode({ url: gateway.url, ...options });
    call.update({ max_output_tokens: 16 });
    calls.push(call);
    return call;
  };
  const goesOn = async (...open: NodeCall[]) => {
    for (const call of open) expect((await call.ask('hello')).status).toMatch(/^(completed|incomplete)$/);
  };
  const drops = async (reason: string): Promise<number> =>
    Number(
      (await gateway.metrics()).match(new RegExp(`visavis_drops_total{reason="${reason}"} (\\d+)`))?.[1] ?? 0,
    );

  beforeAll(async () => {
    gateway = await Gateway.start();
    bystander = await open();
  }, 90_000);
  afterAll(async () => {
    await Promise.all(calls.map((call) => call.close()));
    await gateway?.stop();
  });

  it.each([
    [415, 'bad_content_type', 'text/html', 'v=0'],
    [400, 'bad_sdp', 'application/sdp', 'not sdp'],
    [400, 'bad_sdp', 'application/sdp', 'v=0\r\nm=audio'],
    [400, 'no_audio_in_offer', 'application/sdp', OFFER_OF_VIDEO_ONLY],
    [400, 'invalid_json', 'application/json', '{"sdp":'],
    [413, 'payload_too_large', 'application/sdp', 'v'.repeat(300_000)],
  ])('as an offer is refused with %i %s', async (status, code, type, body) => {
    const headers = { 'content-type': type };
    const response = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body });
    expect([response.status, httpErrorSchema.parse(await response.json()).error.code]).toEqual([
      status,
      code,
    ]);
    await goesOn(bystander);
  });

  it('on the data channel is answered with a code', async () => {
    const call = await open({
      // The client would not send what the gateway says is too large.
      exchange: async (offer) => (await exchange(gateway, offer)).replace(/(a=max-message-size:)\d+/, '$10'),
    });
    const picture = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
    const item = { type: 'message', role: 'user', content: [picture] };
    expect(await errorAfter(call, 'hello')).toBe('invalid_json');
    expect(await errorAfter(call, '{"type":"sing"}')).toBe('unknown_event');
    expect(await errorAfter(call, '{"type":"conversation.item.delete","item_id":7}')).toBe('invalid_event');
    expect(await errorAfter(call, '{"type":"conversation.item.retrieve","item_id":"none"}')).toBe(
      'item_not_found',
    );
    expect(await errorAfter(call, '{"type":"response.cancel"}')).toBe('response_cancel_not_active');
    expect(await errorAfter(call, JSON.stringify({ type: 'conversation.item.create', item }))).toBe(
      'bad_image',
    );
    expect(await errorAfter(call, `"${'x'.repeat(270_000)}"`)).toBe('message_too_large');
    await goesOn(call, bystander);
  });

  it('of an unknown payload type is dropped and counted', async () => {
    const call = await open({
      video: await readIvf(VIDEO),
      // The gateway agrees to VP8 as 98, and the client goes on to send it as 96.
      exchange: async (offer) =>
        swapPayloadType(await exchange(gateway, swapPayloadType(offer, 96, 98)), 98, 96),
    });
    await until(async () => (await drops('unknown_payload_type')) > 0);
    await goesOn(call, bystander);
  });

  it('in a key frame is dropped and counted, and later frames are seen', async () => {
    let damaged = 0;
    const call = await open({
      video: await readIvf(VIDEO),
      session: { visavis: { events: ['frame.attended'] } },
      impair: (packet, kind) => {
        const { payload } = packet;
        // The first packet of a VP8 frame, after a descriptor of four bytes: a key frame starts with a fixed code.
        const isKeyFrame = kind === 'video' && payload[0] === 0x90 && ((payload[4] ?? 1) & 1) === 0;
        if (isKeyFrame && damaged < 2) {
          damaged += 1;
          payload.fill(0xff, 7, 10);
        }
        return [packet];
      },
    });
    const seen = new Promise((resolve) => call.on('frame', resolve));
    await until(async () => (await drops('undecodable')) > 0);
    await seen;
    await goesOn(call, bystander);
  });
});

async function exchange(gateway: Gateway, offer: string): Promise<string> {
  const headers = { 'content-type': 'application/sdp' };
  const response = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body: offer });
  expect(response.status).toBe(201);
  return response.text();
}

function swapPayloadType(sdp: string, from: number, to: number): string {
  return sdp
    .replace(new RegExp(`(m=video \\d+ \\S+) ${from}\\b`), `$1 ${to}`)
    .replace(new RegExp(`^(a=(?:rtpmap|rtcp-fb|fmtp):)${from}\\b`, 'gm'), `$1${to}`);
}

/** The code of the error that a message causes. */
async function errorAfter(call: NodeCall, message: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const off = call.on('error', (error) => resolve(error.code));
  call.sendText(message);
  try {
    return await promise;
  } finally {
    off();
  }
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await sleep(100);
}
