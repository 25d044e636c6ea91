import { jest } from '@jest/globals';
import { OpenAIRealtimeWebSocket } from '@openai/agents-realtime';
import OpenAI from 'openai';
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { unknownToAgents } from '../support/agents-parser.js';
import { complaintsOfTypes } from '../support/sdk-types.js';
import { TlsProxy } from '../support/tls-proxy.js';
import { askForTool, type ToolTalk } from './support/tools/agents-tools.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(90_000);

const WEATHER = {
  type: 'function',
  name: 'weather',
  description: 'How the weather is in a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;

type Of<T extends RealtimeServerEvent['type']> = Extract<RealtimeServerEvent, { type: T }>;

/** Real: the built gateway as its own process, but for the model, in whose place a script calls tools; and the clients. */
describe('tools', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await Gateway.start({}, 'scripted');
  });
  afterAll(() => gateway?.stop());

  function expectToolUsed({ calls, answer, types, events, errors }: ToolTalk): void {
    expect(errors).toEqual([]);
    expect(unknownToAgents(events)).toEqual([]);
    expect(calls).toEqual([{ city: 'Ghent' }]);
    expect(answer).toContain('rain');
    expect(types).toContain('response.function_call_arguments.delta');
    expect(types).toContain('response.function_call_arguments.done');
  }

  it('are called by an agent of @openai/agents-realtime over WebSocket', async () => {
    const url = `${gateway.url.replace('http', 'ws')}v1/realtime?model=gpt-realtime`;
    expectToolUsed(await askForTool(new OpenAIRealtimeWebSocket({ url }), 'none'));
  });

  it('are called by an agent of @openai/agents-realtime over WebRTC', async () => {
    const folder = 'test/fixtures/e2e';
    const browser = await launchChromium({ video: `${folder}/table.mjpeg`, audio: `${folder}/question.wav` });
    try {
      const page = await openProgram(browser, gateway.url, 'tools/agents-tools-page.mjs');
      expectToolUsed(await callProgram<ToolTalk>(page, 'talk', `${gateway.url}v1/realtime/calls`));
    } finally {
      await browser.close();
    }
  });

  describe('by openai/realtime/ws', () => {
    let proxy: TlsProxy;
    let program: Program;

    beforeEach(async () => {
      proxy = await TlsProxy.open(gateway.url);
      program = await Program.open(proxy.url);
    });
    afterEach(async () => {
      program?.close();
      await proxy?.close();
    });

    it('several at once; the answer comes when their results are there', async () => {
      await program.configure({ tools: [WEATHER], tool_choice: 'auto' });
      const asked = await program.ask('how is the weather in Ghent and in Lier');
      const calls = asked.output!.flatMap((item) => (item.type === 'function_call' ? [item] : []));
      expect(calls.map(({ name, arguments: given }) => [name, JSON.parse(given)])).toEqual([
        ['weather', { city: 'Ghent' }],
        ['weather', { city: 'Lier' }],
      ]);
      const [first, second] = calls;
      // In whatever order they come.
      for (const [call, output] of [
        [second!, 'sun'],
        [first!, 'rain'],
      ] as const) {
        const item = { type: 'function_call_output', call_id: call.call_id!, output } as const;
        program.send({ type: 'conversation.item.create', item });
      }
      const answered = await program.answer(() => program.send({ type: 'response.create' }));
      expect(textOf(answered)).toMatch(/rain/);
      expect(textOf(answered)).toMatch(/sun/);
      expect(program.errors).toEqual([]);
      expect(complaintsOfTypes(program.events)).toEqual([]);

      // What was streamed is what the items say.
      const done = program.events.filter(
        (event): event is Of<'response.function_call_arguments.done'> =>
          event.type === 'response.function_call_arguments.done',
      );
      expect(done.map(({ item_id, arguments: given }) => [item_id, given])).toEqual(
        calls.map(({ id, arguments: given }) => [id, given]),
      );
      for (const { item_id, arguments: given } of done) {
        const deltas = program.events.flatMap((event) =>
          event.type === 'response.function_call_arguments.delta' && event.item_id === item_id
            ? [event.delta]
            : [],
        );
        expect(deltas.length).toBeGreaterThan(1);
        expect(deltas.join('')).toBe(given);
      }
    });

    it('not at all where the response may call none', async () => {
      await program.configure({ tools: [WEATHER] });
      const response = await program.ask('how is the weather in Ghent', { tool_choice: 'none' });
      expect(response.output!.map(({ type }) => type)).toEqual(['message']);
      expect(program.errors).toEqual([]);
    });

    it('a result for a call that nobody made is refused, and the session goes on', async () => {
      const item = { type: 'function_call_output', call_id: 'call_of_nobody', output: 'rain' } as const;
      const refused = program.next('error');
      program.send({ type: 'conversation.item.create', event_id: 'mine', item });
      expect((await refused).error).toMatchObject({ event_id: 'mine', type: 'invalid_request_error' });
      expect(textOf(await program.ask('what is called'))).toBe('Nothing is called.');
    });
  });
});

type Response = Of<'response.done'>['response'];
type ResponseParams = NonNullable<Extract<RealtimeClientEvent, { type: 'response.create' }>['response']>;
type SessionParams = Extract<RealtimeClientEvent, { type: 'session.update' }>['session'];

/** A program of `openai/realtime/ws`. */
class Program {
  readonly events: RealtimeServerEvent[] = [];
  private readonly waiting = new Map<string, (event: RealtimeServerEvent) => void>();

  private constructor(private readonly realtime: OpenAIRealtimeWS) {
    realtime.on('error', () => undefined);
    realtime.on('event', (event) => {
      this.events.push(event);
      const told = this.waiting.get(event.type);
      this.waiting.delete(event.type);
      told?.(event);
    });
  }

  static async open(url: string): Promise<Program> {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}v1` });
    const options = { rejectUnauthorized: false };
    const program = new Program(new OpenAIRealtimeWS({ model: 'gpt-realtime', options }, client));
    await program.next('session.created');
    return program;
  }

  get errors(): unknown[] {
    return this.events.flatMap((event) => (event.type === 'error' ? [event.error] : []));
  }

  send(event: RealtimeClientEvent): void {
    this.realtime.send(event);
  }

  next<T extends RealtimeServerEvent['type']>(type: T): Promise<Of<T>> {
    return new Promise((resolve) => this.waiting.set(type, (event) => resolve(event as Of<T>)));
  }

  async configure(session: Omit<Extract<SessionParams, { type: 'realtime' }>, 'type'>): Promise<void> {
    const updated = this.next('session.updated');
    this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
    await updated;
  }

  async answer(cause: () => void): Promise<Response> {
    const done = this.next('response.done');
    cause();
    return (await done).response;
  }

  ask(text: string, response?: ResponseParams): Promise<Response> {
    const content = [{ type: 'input_text' as const, text }];
    this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    return this.answer(() => this.send({ type: 'response.create', ...(response && { response }) }));
  }

  close(): void {
    this.realtime.close();
  }
}

function textOf({ output = [] }: Response): string {
  const parts = output.flatMap((item) =>
    item.type === 'message' ? (item.content as { text?: string }[]) : [],
  );
  return parts.map(({ text }) => text ?? '').join('');
}
