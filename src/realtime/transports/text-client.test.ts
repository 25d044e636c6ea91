import { setImmediate as turn } from 'node:timers/promises';
import { defaultSession, type ServerEvent } from '@vis-a-vis/protocol';
import { pino } from 'pino';
import { Guard } from '#modules/contracts';
import { Metrics } from '../../telemetry/metrics.js';
import { ANYBODY } from '../access.js';
import { Call } from '../call.js';
import { FakeConversation } from '../testing/fake-conversation.js';
import { TextClient } from './text-client.js';

/** Events are performed in microtasks, and what they led to leaves in the next turn of the loop. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
}

/** Fake: what carries the text, and the conversation. Real: the call and all between them. */
async function setUp() {
  let id = 0;
  const metrics = new Metrics();
  const call = new Call({
    id: 'rtc_1',
    grant: ANYBODY,
    session: defaultSession('sess_1', 'visavis-pocket'),
    decodeImage: () => Promise.reject(new Error('no pictures here')),
    clock: { nowMs: () => 0 },
    ids: { next: (prefix) => `${prefix}_${id++}` },
    metrics,
    logger: pino({ level: 'silent' }),
    guard: new Guard(() => undefined),
  });
  const conversation = new FakeConversation((event) => call.onSessionEvent(event));
  await call.begin(conversation);
  const join = () => {
    const sent: ServerEvent[] = [];
    const client = new TextClient(call);
    client.open({
      send: (text) => {
        sent.push(JSON.parse(text));
        return 'sent';
      },
      bufferedAmount: () => 0,
      largestBytes: 262_144,
    });
    const send = (event: object | string) =>
      client.message(typeof event === 'string' ? event : JSON.stringify(event));
    const errors = () => sent.flatMap((event) => (event.type === 'error' ? [event.error] : []));
    return { client, errors, send, sent };
  };
  return { call, conversation, join };
}

describe('TextClient', () => {
  it.each([
    ['invalid_json', 'hello'],
    ['unknown_event', '{"type":"sing"}'],
    ['invalid_event', '{"type":"conversation.item.delete"}'],
    ['message_too_large', `"${'é'.repeat(140_000)}"`],
  ])('answers %s and goes on', async (code, text) => {
    const { conversation, join } = await setUp();
    const { errors, send } = join();
    send(text);
    send({ type: 'response.create' });
    await settled();
    expect(errors()).toMatchObject([{ code }]);
    expect(conversation.intents).toMatchObject([{ k: 'response_create' }]);
  });
});

describe('several clients of one call', () => {
  it('are all told what happens, and what is changed by one', async () => {
    const { join } = await setUp();
    const [first, second] = [join(), join()];
    first.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    await settled();
    for (const { sent } of [first, second]) {
      expect(sent.map(({ type }) => type)).toEqual(['session.created', 'session.updated']);
      expect(sent[1]).toMatchObject({ session: { instructions: 'Be brief.' } });
    }
  });

  it('are told of their own errors alone, with their own ids', async () => {
    const { conversation, join } = await setUp();
    const [first, second] = [join(), join()];
    first.send({ type: 'response.cancel', event_id: 'mine' });
    second.send({ type: 'response.cancel' });
    await settled();
    const refuse = (index: number) =>
      conversation.emit({
        type: 'error',
        error: {
          code: 'invalid_event',
          message: `${index}`,
          param: null,
          clientEventId: conversation.intents[index]?.clientEventId ?? null,
        },
      });
    refuse(0);
    refuse(1);
    conversation.emit({
      type: 'error',
      error: { code: 'engine_failed', message: 'all', param: null, clientEventId: null },
    });
    await settled();
    expect(first.errors().map((e) => [e.message, e.event_id])).toEqual([
      ['0', 'mine'],
      ['all', null],
    ]);
    expect(second.errors().map((e) => [e.message, e.event_id])).toEqual([
      ['1', null],
      ['all', null],
    ]);
  });

  it('go, and the call goes on; end with the call, and are told why', async () => {
    const { call, conversation, join } = await setUp();
    const [first, second] = [join(), join()];
    first.client.leave();
    conversation.emit({ type: 'audio_cleared' });
    await settled();
    expect(first.sent).toHaveLength(1);
    expect(second.sent).toHaveLength(2);
    await call.close('hangup');
    expect(() => call.join({} as never)).toThrow(
      expect.objectContaining({ code: 'session_closed' }) as Error,
    );
  });

  it('are no more than the call has room for', async () => {
    const { join } = await setUp();
    for (let i = 0; i < 16; i++) join();
    expect(join).toThrow(expect.objectContaining({ code: 'capacity' }) as Error);
  });
});
