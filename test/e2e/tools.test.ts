import { jest } from '@jest/globals';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import type { ServerEvent, ServerEventType } from '@vis-a-vis/protocol';
import { Gateway } from './support/gateway.js';

jest.setTimeout(120_000);

// Real: the built gateway, WebRTC, the shipped model. Made up, in the first part: when the model calls (calling-gateway.mjs).

const TOOLS = ['look_up', 'count'].map((name) => ({
  type: 'function' as const,
  name,
  parameters: { type: 'object' },
}));

/** One call, and all that it was told. */
class Listening {
  readonly events: ServerEvent[] = [];

  constructor(readonly call: NodeCall) {
    call.on('event', (event) => void this.events.push(event));
  }

  async next<T extends ServerEventType>(type: T, from = 0): Promise<Extract<ServerEvent, { type: T }>> {
    for (;;) {
      const found = this.events.slice(from).find((event) => event.type === type || event.type === 'error');
      if (found?.type === 'error' && type !== 'error') throw new Error(JSON.stringify(found.error));
      if (found) return found as Extract<ServerEvent, { type: T }>;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  say(text: string): void {
    const content = [{ type: 'input_text' as const, text }];
    this.call.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  }
}

describe('a gateway whose model calls tools', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start({}, 'calling');
  });
  afterAll(() => gateway?.stop());

  it('has its client do them, and goes on with what they gave', async () => {
    const call = await connectNode({ url: gateway.url, session: { tools: TOOLS } });
    const heard = new Listening(call);
    heard.say('what color is the star');
    call.send({ type: 'response.create' });
    const { response } = await heard.next('response.done');
    expect(response.output).toMatchObject(
      TOOLS.map(({ name }) => ({ type: 'function_call', status: 'completed', name })),
    );
    const calls = response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    expect(calls.map((item) => JSON.parse(item.arguments) as unknown)).toEqual([
      { question: 'what color is the star' },
      { question: 'what color is the star' },
    ]);
    const deltas = heard.events.filter(({ type }) => type === 'response.function_call_arguments.delta');
    expect(deltas).toHaveLength(4);
    const { length } = heard.events;
    for (const { call_id, name } of calls) {
      const item = { type: 'function_call_output' as const, call_id, output: `${name} says red.` };
      call.send({ type: 'conversation.item.create', item });
    }
    call.send({ type: 'response.create' });
    const after = await heard.next('response.done', length);
    expect(after.response.output).toMatchObject([
      { type: 'message', content: [{ text: 'look_up says red.count says red.' }] },
    ]);
    await call.close();
  });
});

describe('a gateway whose model calls none', () => {
  let gateway: Gateway;
  let call: NodeCall;
  let heard: Listening;
  beforeAll(async () => {
    gateway = await Gateway.start();
  });
  afterAll(() => gateway?.stop());
  beforeEach(async () => {
    call = await connectNode({ url: gateway.url, session: { tools: TOOLS } });
    heard = new Listening(call);
  });
  afterEach(() => call.close());

  it('says so, answers all the same, and refuses to be made to', async () => {
    call.update({});
    const { session } = await heard.next('session.updated');
    expect(session.visavis.caps).toMatchObject({
      tools: false,
      instructions: false,
      transcription: true,
      vision: true,
      audio: true,
      speech: 'heard',
    });
    heard.say('say good morning in chinese');
    call.send({ type: 'response.create' });
    expect((await heard.next('response.done')).response.output).toMatchObject([{ type: 'message' }]);
    call.send({ type: 'session.update', event_id: 'e1', session: { tool_choice: 'required' } });
    const { error } = await heard.next('error');
    expect(error).toMatchObject({ code: 'tools_unsupported', param: 'session.tool_choice', event_id: 'e1' });
    const { length } = heard.events;
    call.update({});
    expect((await heard.next('session.updated', length)).session.tool_choice).toBe('auto');
  });

  it('answers beside the conversation, which shows nothing of it', async () => {
    const content = [{ type: 'input_text' as const, text: 'say good morning in chinese' }];
    const input = [{ type: 'message' as const, role: 'user' as const, content }];
    const metadata = { topic: 'side' };
    call.send({ type: 'response.create', response: { conversation: 'none', input, metadata } });
    const { response } = await heard.next('response.done');
    expect(response).toMatchObject({ conversation_id: null, metadata, status: 'completed' });
    expect(heard.events.map(({ type }) => type)).not.toContain('conversation.item.added');
  });
});
