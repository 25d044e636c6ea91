import { readFile } from 'node:fs/promises';
import { jest } from '@jest/globals';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { readQuestionMaterial, sayAloud, type QuestionMaterial } from '../support/question-material.js';
import { complaintsOfTypes } from '../support/sdk-types.js';
import { TlsProxy } from '../support/tls-proxy.js';
import type { Talk } from './support/agents-talk.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { cameTooLate, talkWith } from './support/openai-talk.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(90_000);

/** Real: the built gateway as its own process, and the Realtime clients of OpenAI's SDK. */
describe('openai', () => {
  let gateway: Gateway;
  let material: QuestionMaterial;

  beforeAll(async () => {
    [gateway, material] = await Promise.all([Gateway.start(), readQuestionMaterial()]);
  });
  afterAll(() => gateway?.stop());

  function expectGoodTalk(talk: Talk): void {
    expect(talk.errors).toEqual([]);
    expect(complaintsOfTypes(talk.events)).toEqual([]);
    for (const { status } of [talk.typed, talk.spoken, talk.pictured]) expect(status).toBe('completed');
    expect(material.typed.wrong(talk.typed.text)).toBeNull();
    expect(material.spoken.wrong(talk.spoken.text)).toBeNull();
    expect(material.spoken.wrong(talk.pictured.text)).toBeNull();
    expect(talk.interrupted).toEqual({ status: 'cancelled', reason: 'client_cancelled' });
    expect(talk.events.map(({ type }) => type)).toContain('input_audio_buffer.committed');
  }

  it('talks over WebRTC: camera, voice, writing, a picture; every event is what its types say', async () => {
    const folder = 'test/fixtures/e2e';
    const browser = await launchChromium({
      video: `${folder}/table.mjpeg`,
      audio: `${folder}/question.wav`,
    });
    try {
      const page = await openProgram(browser, gateway.url, 'openai-page.mjs');
      const address = `${gateway.url}v1/realtime/calls`;
      const talk = await callProgram<Talk & { troubles: string[] }>(
        page,
        'talk',
        address,
        material.pictureUrl,
      );
      expect(talk.troubles).toEqual([]);
      expectGoodTalk(talk);
    } finally {
      await browser.close();
    }
  });

  it('talks over WebSocket, behind TLS, for it takes nothing else; every event is what its types say', async () => {
    const proxy = await TlsProxy.open(gateway.url);
    const client = new OpenAI({ apiKey: 'none', baseURL: `${proxy.url}v1` });
    const realtime = new OpenAIRealtimeWS(
      { model: 'gpt-realtime', options: { rejectUnauthorized: false } },
      client,
    );
    const troubles: unknown[] = [];
    realtime.on('error', (error) => {
      if (!cameTooLate(error.error ?? error)) troubles.push(error);
    });
    try {
      const talk = await talkWith({
        send: (event) => realtime.send(event),
        onEvent: (told) => realtime.on('event', told),
        connect: () => new Promise((resolve) => realtime.socket.once('open', () => resolve())),
        picture: material.pictureUrl,
        pictureFirst: true,
        speak: () =>
          sayAloud(material.speech, (piece) =>
            realtime.send({ type: 'input_audio_buffer.append', audio: piece.toString('base64') }),
          ),
      });
      expect(troubles).toEqual([]);
      expectGoodTalk(talk);
    } finally {
      realtime.close();
      await proxy.close();
    }
  });

  it('opens and ends a call by HTTP', async () => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}v1` });
    const offer = await readFile('test/fixtures/offers/chrome-audio-data.sdp', 'utf8');
    const response = await client.realtime.calls.create({ sdp: offer, session: { type: 'realtime' } });
    const id = response.headers.get('location')?.split('/').at(-1) ?? '';
    expect(response.status).toBe(201);
    expect(await response.text()).toMatch(/^v=0\r\n/);
    await client.realtime.calls.hangup(id);
    await expect(client.realtime.calls.hangup(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });
});
