import { jest } from '@jest/globals';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';
import { unknownToAgents } from '../support/agents-parser.js';
import { readQuestionMaterial, sayAloud, type QuestionMaterial } from '../support/question-material.js';
import { talkWith, type Talk } from './support/agents-talk.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(90_000);

const TOO_LATE = 'response_cancel_not_active';

/** Real: the built gateway as its own process, and OpenAI's own client for agents. */
describe('@openai/agents-realtime', () => {
  let gateway: Gateway;
  let material: QuestionMaterial;

  beforeAll(async () => {
    [gateway, material] = await Promise.all([Gateway.start(), readQuestionMaterial()]);
  });
  afterAll(() => gateway?.stop());

  function expectGoodTalk(talk: Talk): void {
    // An interruption that comes too late, because the answer was whole already, is said to be, and tried again.
    expect(talk.errors.filter((error) => !JSON.stringify(error).includes(TOO_LATE))).toEqual([]);
    expect(unknownToAgents(talk.events)).toEqual([]);
    for (const { status } of [talk.typed, talk.spoken, talk.pictured]) expect(status).toBe('completed');
    expect(material.typed.wrong(talk.typed.text)).toBeNull();
    expect(material.spoken.wrong(talk.spoken.text)).toBeNull();
    expect(material.spoken.wrong(talk.pictured.text)).toBeNull();
    expect(talk.interrupted).toEqual({ status: 'cancelled', reason: 'client_cancelled' });
    const types = talk.events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['session.created', 'input_audio_buffer.speech_started']));
  }

  it('talks over WebRTC: camera, writing, voice, interruption, a picture; its history is in order', async () => {
    const folder = 'test/fixtures/e2e';
    const browser = await launchChromium({
      video: `${folder}/table.mjpeg`,
      audio: `${folder}/question.wav`,
    });
    try {
      const page = await openProgram(browser, gateway.url, 'agents-page.mjs');
      const address = `${gateway.url}v1/realtime/calls`;
      const talk = await callProgram<Talk & { callId: string }>(page, 'talk', address, material.pictureUrl);
      expectGoodTalk(talk);
      expect(talk.callId).toMatch(/^rtc_/);
      expect(talk.roles.slice(0, 4)).toEqual(['user', 'assistant', 'user', 'assistant']);
      expect(talk.events.map(({ type }) => type)).toContain('output_audio_buffer.cleared');
    } finally {
      await browser.close();
    }
  });

  it('talks over WebSocket: pictures, writing, voice, interruption', async () => {
    const transport = new OpenAIRealtimeWebSocket({
      url: `${gateway.url.replace('http', 'ws')}v1/realtime?model=gpt-realtime`,
    });
    const agent = new RealtimeAgent({ name: 'stock', instructions: 'Answer in one sentence.' });
    const session = new RealtimeSession(agent, { transport, model: 'gpt-realtime' });
    const talk = await talkWith({
      session,
      transport,
      apiKey: 'none',
      picture: material.pictureUrl,
      pictureFirst: true,
      // By this carrier the client interrupts sound alone; of an answer in writing it leaves it to the program.
      interrupt: () => {
        session.interrupt();
        transport.sendEvent({ type: 'response.cancel' });
      },
      speak: () => sayAloud(material.speech, (piece) => session.sendAudio(Uint8Array.from(piece).buffer)),
    });
    expectGoodTalk(talk);
  });
});
