import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent, ServerEvent, ServerEventType } from '@vis-a-vis/protocol';
import type { Browser, Page } from 'playwright-core';
import { readLlamaCounters, readLlamaPrompts } from '../../tools/servers/llama-counters.js';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import type { ServerProcess } from '../../tools/servers/server-process.js';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';
import { callProgram, openProgram } from '../e2e/support/program-page.js';

// Real: Chromium with camera and microphone, WebRTC, the built gateway, llama.cpp's own server. Not real: what stands before camera and microphone, a
// rendered video and a spoken question; what leads from pictures and sounds to the language model, which is random.

const FIXTURES = 'test/fixtures/e2e';
/** Of an answer on a machine that does something else as well (ms). */
const ANSWER_MS = 90_000;
/** By itself, or at the length that was asked for. */
const WHOLE = /^(?:completed|incomplete)$/;
const TOOL = {
  type: 'function' as const,
  name: 'look_up_city',
  description: 'Looks up the weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Ghent', 'Bruges'] } },
    required: ['city'],
  },
};

type Of<T extends ServerEventType> = Extract<ServerEvent, { type: T }>;

/** A browser's page in a call. */
class Seeing {
  private constructor(private readonly page: Page) {}

  static async dial(browser: Browser, url: string, session: object): Promise<Seeing> {
    const page = await openProgram(browser, url, 'seeing-page.mjs');
    await callProgram(page, 'dial', session);
    return new Seeing(page);
  }

  events(from = 0): Promise<ServerEvent[]> {
    return callProgram(this.page, 'eventsFrom', from);
  }

  tell(event: ClientEvent): Promise<void> {
    return callProgram(this.page, 'tell', event);
  }

  /** @returns how what `begin` begins is answered, and the kinds of all events until then */
  async answer(begin: () => Promise<void>) {
    const { length } = await this.events();
    await begin();
    const { response } = await this.next('response.done', length);
    const since = await this.events(length);
    return { response, types: since.map(({ type }) => type) };
  }

  ask(text: string) {
    return this.answer(async () => {
      const content = [{ type: 'input_text' as const, text }];
      await this.tell({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
      await this.tell({ type: 'response.create' });
    });
  }

  /** Opens the microphone, into which a question is said. */
  listen() {
    return this.answer(() => callProgram(this.page, 'openMicrophone'));
  }

  async next<T extends ServerEventType>(type: T, from = 0): Promise<Of<T>> {
    const untilMs = performance.now() + ANSWER_MS;
    for (;;) {
      const told = await this.events(from);
      const found = told.find((event) => event.type === type);
      if (found) return found as Of<T>;
      if (performance.now() > untilMs)
        throw new Error(`no ${type} in ${told.map((event) => event.type).join(', ')}`);
      await sleep(50);
    }
  }

  hangUp(): Promise<void> {
    return callProgram(this.page, 'hangUp');
  }
}

describe("Chromium's camera and microphone before llama.cpp", () => {
  let server: ServerProcess;
  let gateway: Gateway;
  let browser: Browser;
  beforeAll(async () => {
    server = await startLlamaServer({ side: 112, slots: 2, threads: 1, prompts: true });
    gateway = await Gateway.start({ VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: server.url });
    browser = await launchChromium({ video: `${FIXTURES}/table.mjpeg`, audio: `${FIXTURES}/question.wav` });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await server?.stop();
  });

  /** What the camera showed has been sent ahead. */
  async function warm(from: number): Promise<void> {
    const untilMs = performance.now() + ANSWER_MS;
    for (;;) {
      const { busy, computed } = await readLlamaCounters(server.url);
      if (busy === 0 && computed > from) return;
      if (performance.now() > untilMs) throw new Error('nothing was sent ahead');
      await sleep(50);
    }
  }

  it('answers what is said about what is shown, from a warm cache, with the tools that the client has', async () => {
    const { computed } = await readLlamaCounters(server.url);
    const seeing = await Seeing.dial(browser, gateway.url, { tools: [TOOL], max_output_tokens: 48 });
    await seeing.next('visavis.frame.attended');
    await warm(computed);

    const spoken = await seeing.listen();
    expect(spoken.response.status_details).not.toMatchObject({ type: 'failed' });
    expect(spoken.response.status).toMatch(WHOLE);
    expect(spoken.types).toContain('input_audio_buffer.committed');
    expect(spoken.types.filter((type) => type === 'response.output_text.delta').length).toBeGreaterThan(1);
    const { input_tokens = 0, input_token_details: details } = spoken.response.usage ?? {};
    expect(details?.cached_tokens).toBeGreaterThan(0);
    expect(details?.cached_tokens).toBeLessThan(input_tokens);

    const [prompt = ''] = (await readLlamaPrompts(server.url)).filter((read) => read.includes(TOOL.name));
    expect(prompt).toContain(JSON.stringify(TOOL.name));
    for (const city of TOOL.parameters.properties.city.enum) expect(prompt).toContain(city);

    const typed = await seeing.ask('How is the weather?');
    expect(typed.response.status).toMatch(WHOLE);
    const again = typed.response.usage?.input_token_details.cached_tokens ?? 0;
    expect(again).toBeGreaterThan(details?.cached_tokens ?? 0);
    await seeing.hangUp();
  });
});
