import { fromRtvi } from './from-rtvi.js';

const message = (type: string, data: unknown, more = {}) =>
  JSON.stringify({ label: 'rtvi-ai', id: 'abc', type, data, ...more });

test('a client that is ready says of which version it is', () => {
  expect(fromRtvi(message('client-ready', { version: '2.1.0', about: { library: 'x' } }), null)).toEqual({
    k: 'ready',
    id: 'abc',
    version: '2.1.0',
  });
  expect(fromRtvi(message('client-ready', {}), null)).toMatchObject({ version: null });
});

describe('a text', () => {
  const item = (role: string, type: string, text = 'how many') => ({
    type: 'conversation.item.create',
    event_id: 'abc',
    item: { type: 'message', role, content: [{ type, text }] },
  });
  const create = { type: 'response.create', event_id: 'abc' };

  test.each([
    ['is answered', message('send-text', { content: 'how many', options: {} })],
    ['is answered, without options too', message('send-text', { content: 'how many' })],
    [
      'of the older message is answered where it says so',
      message('append-to-context', { role: 'user', content: 'how many', run_immediately: true }),
    ],
  ])('%s', (_what, text) => {
    expect(fromRtvi(text, null)).toEqual({
      k: 'perform',
      id: 'abc',
      events: [item('user', 'input_text'), create],
      answer: null,
    });
  });

  test('takes the place of an answer that is under way', () => {
    const asked = fromRtvi(message('send-text', { content: 'how many' }), 'resp_1');
    expect(asked).toMatchObject({
      events: [
        { type: 'response.cancel', response_id: 'resp_1' },
        { type: 'conversation.item.create' },
        create,
      ],
    });
  });

  test.each([
    message('send-text', { content: 'how many', options: { run_immediately: false } }),
    message('append-to-context', { role: 'user', content: 'how many' }),
  ])('that need not be answered is only kept, and interrupts nothing', (text) => {
    expect(fromRtvi(text, 'resp_1')).toMatchObject({ events: [item('user', 'input_text')] });
  });

  test('of the assistant is its own', () => {
    const asked = fromRtvi(message('append-to-context', { role: 'assistant', content: 'how many' }), null);
    expect(asked).toMatchObject({ events: [item('assistant', 'output_text')] });
  });
});

test('a message of the application is an event of OpenAI Realtime by its name, and is answered', () => {
  const d = { session: { instructions: 'be brief' } };
  expect(fromRtvi(message('client-message', { t: 'session.update', d }), null)).toEqual({
    k: 'perform',
    id: 'abc',
    events: [{ type: 'session.update', event_id: 'abc', ...d }],
    answer: 'session.update',
  });
  expect(fromRtvi(message('client-message', { t: 'input_audio_buffer.commit' }), null)).toMatchObject({
    events: [{ type: 'input_audio_buffer.commit' }],
  });
});

test.each([
  [1, true, [{ type: 'session.update', session: { visavis: { video: { camera: true } } } }]],
  [1, false, [{ type: 'session.update', session: { visavis: { video: { camera: false } } } }]],
  [2, false, [{ type: 'session.update', session: { visavis: { video: { screen: false } } } }]],
  [0, false, undefined],
  [3, true, undefined],
])('of receiver %i that it is on: %j', (receiver_index, enabled, events) => {
  const text = JSON.stringify({
    type: 'signalling',
    message: { type: 'trackStatus', receiver_index, enabled },
  });
  expect(fromRtvi(text, null)).toMatchObject(events ? { k: 'perform', events } : { k: 'nothing' });
});

test('what only keeps the way open asks for nothing; a bot that is to leave does', () => {
  expect(fromRtvi('ping: 1764460000000', null)).toEqual({ k: 'nothing' });
  expect(fromRtvi(message('disconnect-bot', {}), null)).toEqual({ k: 'hang_up' });
});

test.each([
  ['hello', null, 'invalid_json'],
  ['[]', null, 'invalid_event'],
  ['null', null, 'invalid_event'],
  [message('dtmf', { buttons: ['1'] }), 'abc', 'invalid_event'],
  [message('send-text', { content: 7 }), 'abc', 'invalid_event'],
  [message('send-text', { content: 'x' }, { label: 'other' }), 'abc', 'invalid_event'],
  [message('client-message', { t: 'restart', d: {} }), 'abc', 'unknown_event'],
  [message('client-message', { t: 'session.update', d: { session: 7 } }), 'abc', 'invalid_event'],
  [`{"id":"abc","data":${'['.repeat(9000)}${']'.repeat(9000)}}`, 'abc', 'invalid_event'],
  [JSON.stringify({ type: 'signalling', message: { type: 'other' } }), null, 'invalid_event'],
])('%s is refused with a code, to whom it came from', (text, id, code) => {
  const asked = fromRtvi(text, null);
  expect(asked).toMatchObject({ k: 'refused', id, code });
  expect((asked as { message: string }).message.length).toBeGreaterThan(5);
});
