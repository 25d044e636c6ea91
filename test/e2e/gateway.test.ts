import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { connectNode, parseWav, type Answer } from '@vis-a-vis/client/node';
import { Gateway, runGateway } from './support/gateway.js';

jest.setTimeout(60_000);

/** Real: the built gateway as its own process. */
describe('the gateway process', () => {
  it('checks its settings and its model, and ends', async () => {
    const { code, stdout, stderr } = await runGateway(['--check-config']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^configuration ok: model \S+, port 0\n$/);
  });

  it('says in one line each what is wrong with its settings', async () => {
    const { code, stderr } = await runGateway([], { VISAVIS_PORT: 'eighty', VISAVIS_VAD_MODEL: 'v5' });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^bad_config: VISAVIS_PORT: /),
      expect.stringMatching(/^bad_config: VISAVIS_VAD_MODEL: /),
    ]);
  });

  it.each([['to check', '--check-config'], ['to start']])(
    'says in one line that there is no model: asked %s',
    async (_, ...args) => {
      const { code, stderr } = await runGateway(args, { VISAVIS_MODEL: 'no/such/folder' });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^bad_model: .*no\/such\/folder.*config\.json.*\n$/);
    },
  );
});

describe('a running gateway', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start();
  });
  afterAll(() => gateway?.stop());

  it('is healthy when every part of it works', async () => {
    const health = await fetch(`${gateway.url}health`);
    expect([health.status, await health.json()]).toMatchObject([
      200,
      { status: 'ready', parts: { engine: { ok: true }, vad: { ok: true }, video: { ok: true } } },
    ]);
  });

  it('attends pictures and speech that come in messages', async () => {
    const call = await connectNode({ url: gateway.url, session: { max_output_tokens: 32 } });
    const seen = new Promise((resolve) => call.on('frame', resolve));
    const content = [
      { type: 'input_image' as const, image_url: `data:image/png;base64,${await base64('media/still.png')}` },
      { type: 'input_audio' as const, audio: await speech('speech/how-many-circles.wav') },
    ];
    call.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    call.send({ type: 'response.create' });
    const answer = await new Promise<Answer>((resolve) => call.on('answer', resolve));
    expect(await seen).toMatchObject({ type: 'visavis.frame.attended' });
    expect(answer.usage?.input_token_details.image_tokens).toBeGreaterThan(0);
    expect(answer.usage?.input_token_details.audio_tokens).toBeGreaterThan(0);
    await call.close();
  });

  it('hangs up on request, counts its calls, and stops in order', async () => {
    const answers: Response[] = [];
    const opened = await connectNode({ url: gateway.url });
    const hungUp = await connectNode({
      url: gateway.url,
      exchange: async (offer) => {
        const headers = { 'content-type': 'application/sdp' };
        const response = await fetch(`${gateway.url}v1/realtime/calls`, {
          method: 'POST',
          headers,
          body: offer,
        });
        answers.push(response);
        return response.text();
      },
    });
    expect(await gateway.metrics()).toContain('visavis_sessions 2\n');
    const gone = new Promise((resolve) => hungUp.on('closed', resolve));
    const place = new URL(answers[0]?.headers.get('location') ?? '', gateway.url);
    expect((await fetch(`${place.href}/hangup`, { method: 'POST' })).status).toBe(200);
    expect(await gone).toEqual({ reason: 'the gateway hung up' });
    expect(await gateway.metrics()).toContain('visavis_sessions 1\n');

    const closed = new Promise((resolve) => opened.on('closed', resolve));
    const { code, stdout, stderr } = await gateway.stop();
    expect(await closed).toEqual({ reason: 'the gateway hung up' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"reason":"shutdown"');
    expect(stdout).toContain('"stopped"');
  });
});

const fixture = (name: string) => readFile(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));

async function base64(name: string): Promise<string> {
  return (await fixture(name)).toString('base64');
}

/** A WAV file as Realtime wants it: base64 of 16-bit PCM at 24 kHz; samples are repeated, which is good enough here. */
async function speech(name: string): Promise<string> {
  const { pcm, rate } = parseWav(await fixture(name));
  const out = new Int16Array(Math.floor((pcm.length * 24_000) / rate));
  for (let i = 0; i < out.length; i++) out[i] = 32_767 * (pcm[Math.floor((i * rate) / 24_000)] ?? 0);
  return Buffer.from(out.buffer).toString('base64');
}
