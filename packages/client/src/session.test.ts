import type { ServerEvent } from '@vis-a-vis/protocol';
import type { CallError } from './errors.js';
import { Session } from './session.js';

function setUp() {
  const sent: { type: string; event_id?: string; response?: { metadata: { ask: string } } }[] = [];
  const session = new Session((text) => sent.push(JSON.parse(text)));
  const receive = (event: Omit<ServerEvent, 'event_id'> & Record<string, unknown>) =>
    session.handleMessage(JSON.stringify({ event_id: 'event_1', ...event }));
  return { session, sent, receive };
}

const done = (text: string, metadata: Record<string, string> | null = null) => ({
  type: 'response.done' as const,
  response: {
    object: 'realtime.response',
    id: 'resp_1',
    status: 'completed',
    status_details: null,
    output: [{ id: 'i', type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }],
    usage: null,
    metadata,
  },
});

describe('Session', () => {
  it('refuses an empty message, after which nothing else would be heard', () => {
    const { session, sent } = setUp();
    expect(() => session.sendText('')).toThrow('An empty message is no event.');
    expect(sent).toEqual([]);
  });

  it('asks in writing, and resolves with the answer to that question', async () => {
    const { session, sent, receive } = setUp();
    const first = session.ask('one');
    const second = session.ask('two');
    expect(sent.map((event) => event.type)).toEqual([
      'conversation.item.create',
      'response.create',
      'conversation.item.create',
      'response.create',
    ]);
    receive(done('2', sent[3]?.response?.metadata));
    receive(done('1', sent[1]?.response?.metadata));
    expect((await first).text).toBe('1');
    expect((await second).text).toBe('2');
  });

  it('rejects a question that the gateway refuses', async () => {
    const { session, sent, receive } = setUp();
    const answer = session.ask('one');
    receive({ type: 'error', error: { code: 'shed', message: 'Too busy.', event_id: sent[1]?.event_id } });
    await expect(answer).rejects.toMatchObject({ code: 'shed', message: 'Too busy.' });
  });

  it('rejects open questions when the call ends, and sends nothing more', async () => {
    const { session } = setUp();
    const answer = session.ask('one');
    session.handleClosed('gone');
    await expect(answer).rejects.toMatchObject({ code: 'session_closed' });
    expect(() => session.cancel()).toThrow('closed');
  });

  it('emits deltas, answers, speech and errors, and every event as it came', () => {
    const { session, receive } = setUp();
    const seen: unknown[] = [];
    const types: string[] = [];
    session.on('event', (event) => types.push(event.type));
    session.on('speech', (speech) => seen.push(speech));
    session.on('delta', (delta) => seen.push(delta.text));
    session.on('answer', (answer) => seen.push(answer.text));
    session.on('error', (error: CallError) => seen.push(error.code));
    receive({ type: 'input_audio_buffer.speech_started', audio_start_ms: 5 });
    receive({ type: 'response.output_text.delta', response_id: 'resp_1', delta: 'T' });
    receive(done('Two.'));
    receive({ type: 'error', error: { code: 'bad_image', message: '' } });
    expect(seen).toEqual([{ state: 'started', atMs: 5 }, 'T', 'Two.', 'bad_image']);
    expect(types).toHaveLength(4);
  });

  it('takes a listener off again', () => {
    const { session, receive } = setUp();
    let calls = 0;
    const off = session.on('event', () => (calls += 1));
    receive({ type: 'input_audio_buffer.cleared' });
    off();
    receive({ type: 'input_audio_buffer.cleared' });
    expect(calls).toBe(1);
  });

  it('says once that it is over', () => {
    const { session } = setUp();
    const reasons: string[] = [];
    session.on('closed', ({ reason }) => reasons.push(reason));
    session.handleClosed('a');
    session.handleClosed('b');
    expect(reasons).toEqual(['a']);
  });
});
