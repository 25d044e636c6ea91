import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { connectNode, parseWav } from '@vis-a-vis/client/node';
import type { Response } from '@vis-a-vis/protocol';
import type { Capture } from '../../src/capture/core/records.js';
import { readCapture } from '../../src/capture/read-capture.js';
import { TestSocket } from '../../src/realtime/testing/socket.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(60_000);

/** Real: the built gateway as its own process, the model, and `ws` as its clients. */
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const textOf = (response: Response) =>
  response.output
    .flatMap((item) => ('content' in item ? item.content : []))
    .map((part) => ('text' in part ? part.text : ''))
    .join('');

/** µ-law of one 16-bit sample. */
function muLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(32_635, Math.abs(sample)) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 255;
}

describe('OpenAI Realtime over WebSocket', () => {
  let gateway: Gateway;
  let url: string;
  /** Where all of these calls are recorded. */
  let captures: string;
  let question: Float32Array;
  const clients: TestSocket[] = [];

  beforeAll(async () => {
    captures = await mkdtemp(join(tmpdir(), 'captures-'));
    gateway = await Gateway.start({ VISAVIS_AUDIO_AHEAD_MS: '8000', VISAVIS_CAPTURE_DIR: captures });
    url = `${gateway.url.replace('http', 'ws')}v1/realtime`;
    question = parseWav(await readFile(fixture('speech/how-many-circles.wav'))).pcm;
  }, 90_000);
  afterAll(async () => {
    for (const client of clients) client.socket.terminate();
    await gateway?.stop();
    await rm(captures, { recursive: true, force: true });
  });

  const dial = async (session: object = {}, query = '?model=gpt-realtime') => {
    const client = await TestSocket.open(url + query);
    clients.push(client);
    client.send({ type: 'session.update', session: { type: 'realtime', max_output_tokens: 24, ...session } });
    await client.until('session.updated');
    return client;
  };
  /** The question at another rate (linear interpolation, which is good enough here), and silence behind it. */
  const pcm16 = (rate: number, silenceMs = 800) => {
    const ratio = 16_000 / rate;
    return Int16Array.from(
      { length: Math.floor(question.length / ratio) + (rate * silenceMs) / 1000 },
      (_, i) => {
        const at = i * ratio;
        const [a = 0, b = 0] = [question[Math.floor(at)], question[Math.floor(at) + 1]];
        return 32_767 * (a + (b - a) * (at % 1));
      },
    );
  };
  const append = (client: TestSocket, bytes: Uint8Array, pieces = 1) => {
    const length = Math.ceil(bytes.length / pieces);
    for (let at = 0; at < bytes.length; at += length) {
      const audio = Buffer.from(bytes.subarray(at, at + length)).toString('base64');
      client.send({ type: 'input_audio_buffer.append', audio });
    }
  };
  const bytesOf = (samples: Int16Array) => new Uint8Array(samples.buffer);
  /** The record of a call, once it is whole: it is written behind the call's end. */
  const recorded = async (id: string): Promise<Capture> => {
    for (;;) {
      const file = (await readdir(captures)).find((name) => name.includes(id));
      // Nothing of it may have come to the disk yet; one that never becomes whole ends the test's time.
      const capture = file === undefined ? null : await readCapture(join(captures, file)).catch(() => null);
      if (capture?.records.at(-1)?.t === 'closed') return capture;
      await sleep(50);
    }
  };
  const answer = async (client: TestSocket, count = 1): Promise<string> => {
    await client.until(() => client.of('response.done').length >= count, 20_000);
    return textOf(client.of('response.done').at(-1)!.response);
  };
  const ask = (client: TestSocket, text: string) =>
    client.send(
      {
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
      },
      { type: 'response.create' },
    );

  it.each([
    [{ type: 'audio/pcm', rate: 24_000 }, () => bytesOf(pcm16(24_000)), 1],
    [{ type: 'audio/pcm', rate: 8000 }, () => bytesOf(pcm16(8000)), 3],
    [{ type: 'audio/pcm', rate: 44_100 }, () => bytesOf(pcm16(44_100)), 77],
    [{ type: 'audio/pcmu' }, () => Uint8Array.from(pcm16(8000), muLaw), 11],
  ])('hears a spoken question: %j', async (format, audio, pieces) => {
    const client = await dial({ audio: { input: { format } } });
    append(client, audio(), pieces);
    expect(await answer(client)).toMatch(/circle/i);
    expect(client.codes).toEqual([]);
    expect(client.types.filter((type) => type.startsWith('input_audio_buffer'))).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
    ]);
  });

  it.each(['semantic_vad', null])('takes turns by %s', async (type) => {
    const client = await dial({ audio: { input: { turn_detection: type && { type } } } });
    append(client, bytesOf(pcm16(24_000)), 40);
    if (type === null) client.send({ type: 'input_audio_buffer.commit' }, { type: 'response.create' });
    expect(await answer(client)).toMatch(/circle/i);
    expect(client.codes).toEqual([]);
  });

  it('keeps what is said after a commit in mid-speech as an item of its own', async () => {
    const client = await dial();
    const samples = bytesOf(pcm16(24_000, 0));
    const half = 2 * Math.floor(samples.length / 4);
    append(client, samples.subarray(0, half));
    client.send({ type: 'input_audio_buffer.commit' });
    append(client, samples.subarray(half));
    append(client, new Uint8Array(48_000));
    await answer(client);
    expect(client.of('input_audio_buffer.committed')).toHaveLength(2);
    expect(client.of('input_audio_buffer.speech_started')).toHaveLength(2);
  });

  it('says nothing of what was cleared before it was judged', async () => {
    const client = await dial();
    append(client, bytesOf(pcm16(24_000, 0)));
    client.send({ type: 'input_audio_buffer.clear' });
    append(client, new Uint8Array(48_000));
    ask(client, 'hello');
    await answer(client);
    const { length } = client.of('input_audio_buffer.committed');
    expect(length).toBe(0);
  });

  it('sees a picture, and loads a history of hundreds of items behind it in order', async () => {
    const client = await dial();
    const image_url = `data:image/png;base64,${(await readFile(fixture('media/still.png'))).toString('base64')}`;
    const item = (id: string, part: object, previous?: string) =>
      client.send({
        type: 'conversation.item.create',
        ...(previous !== undefined && { previous_item_id: previous }),
        item: { id, type: 'message', role: 'user', content: [part] },
      });
    item('picture', { type: 'input_image', image_url });
    for (let i = 0; i < 300; i++) {
      item(`t${i}`, { type: 'input_text', text: 'hi' }, i === 0 ? 'picture' : `t${i - 1}`);
    }
    client.send({ type: 'response.create' });
    await answer(client);
    const added = client.of('conversation.item.added').map((event) => event.item.id);
    expect(added.slice(0, 301)).toEqual(['picture', ...Array.from({ length: 300 }, (_, i) => `t${i}`)]);
    expect(client.codes).toEqual([]);
    expect(client.of('response.done')[0]!.response.usage?.input_token_details.image_tokens).toBeGreaterThan(
      0,
    );
  });

  it('survives ten thousand pieces in a second: they are refused by code, and nobody else notices', async () => {
    const other = await dial();
    const client = await dial();
    const chunk = Buffer.alloc(960).toString('base64');
    for (let i = 0; i < 10_000; i++) client.send({ type: 'input_audio_buffer.append', audio: chunk });
    ask(other, 'hello');
    expect(await answer(other)).not.toBe('');
    ask(client, 'hello');
    expect(await answer(client)).not.toBe('');
    expect(new Set(client.codes)).toEqual(new Set(['audio_too_fast']));
  });

  it('lets a server sit in a call over WebRTC, and sends it away with the call', async () => {
    let place = '';
    const call = await connectNode({
      url: gateway.url,
      exchange: async (body) => {
        const headers = { 'content-type': 'application/sdp' };
        const response = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body });
        place = response.headers.get('location') ?? '';
        return response.text();
      },
    });
    const side = await dial({ instructions: 'x' }, `?call_id=${place.split('/').at(-1)}`);
    const { text } = await call.ask('hello');
    await side.until('response.done');
    expect(textOf(side.of('response.done')[0]!.response)).toBe(text);
    ask(side, 'hello');
    await side.until(() => side.of('response.done').length === 2, 20_000);
    side.send({ type: 'input_audio_buffer.append', audio: 'AAAA' });
    await side.until(() => side.codes.length === 1);
    await call.close();
    expect(await side.untilClosed(10_000)).toMatchObject({ code: 1000 });
  });

  it('records a call where the operator wants that, and tells its clients', async () => {
    let id = '';
    const call = await connectNode({
      url: gateway.url,
      exchange: async (body) => {
        const headers = { 'content-type': 'application/sdp' };
        const response = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body });
        id = response.headers.get('location')?.split('/').at(-1) ?? '';
        return response.text();
      },
    });
    const side = await dial({}, `?call_id=${id}`);
    expect(side.of('session.created')[0]?.visavis).toEqual({ capture: { max_minutes: 10 } });
    await call.ask('hello');
    side.close();
    await side.untilClosed();
    await call.close();
    const { records } = await recorded(id);
    const vias = records.flatMap((record) => (record.t === 'open' ? [record.via] : []));
    expect(vias).toEqual(['oai-events', 'websocket']);
    const count = (t: string, s: number) =>
      records.filter((record) => record.t === t && 's' in record && record.s === s).length;
    // An answer may be there before the second packet is.
    expect(records.filter(({ t }) => t === 'rtp').length).toBeGreaterThan(0);
    expect([count('in', 0), count('in', 1), count('left', 1)]).toEqual([2, 1, 1]);
    expect(count('out', 0)).toBeGreaterThan(5);
    expect((await stat(captures)).mode & 0o077).toBe(0);
  });

  it('answers twenty sessions at once', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, () => dial({ audio: { input: {} } })));
    for (const client of many) append(client, bytesOf(pcm16(24_000)), 20);
    const answers = await Promise.all(many.map((client) => answer(client)));
    for (const text of answers) expect(text).toMatch(/circle/i);
    for (const client of many) client.close();
    await Promise.all(many.map((client) => client.untilClosed()));
  });

  it('says goodbye when the gateway stops', async () => {
    const client = await dial();
    await sleep(50);
    const { code } = await gateway.stop();
    expect(code).toBe(0);
    expect(await client.untilClosed()).toEqual({ code: 1001, reason: 'shutdown' });
  });
});
