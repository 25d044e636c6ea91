/** Real: the session's events as they become the wire's. Every message is held to the schema of what the server says. */
import {
  defaultSession,
  rtviServerMessageSchema,
  type ServerEventBody,
  type VendorEventName,
} from '@vis-a-vis/protocol';
import type { SessionEvent } from '#modules/conversation';
import { toServerEvents } from '../../realtime/core/event-mapper.js';
import { SPOKEN_TURN, TOOL_TURN, TRANSCRIPTS } from '../../realtime/testing/sample-events.js';
import { inEnvelope, ToRtvi } from './to-rtvi.js';

function wire(events: readonly SessionEvent[], wanted: VendorEventName[] = []): ServerEventBody[] {
  const session = defaultSession('sess_1', 'fake');
  const settings = { ...session, visavis: { ...session.visavis, events: wanted } };
  const clock = { nowMs: 20_000, videoOffsetMs: 0, firstSentAtMs: () => 12_921 };
  return events.flatMap((event) => toServerEvents(event, settings, clock));
}

function say(events: readonly ServerEventBody[]): [type: string, data: unknown][] {
  const rtvi = new ToRtvi(() => new Date(0));
  return events.flatMap((event) =>
    rtvi.map(event).map((body) => {
      const { type, data } = rtviServerMessageSchema.parse(inEnvelope(body, 'id'));
      return [type, data] as [string, unknown];
    }),
  );
}

const delta = (text: string): ServerEventBody => ({
  type: 'response.output_text.delta',
  response_id: 'resp_1',
  item_id: 'item_2',
  output_index: 0,
  content_index: 0,
  delta: text,
});

test('a spoken turn', () => {
  expect(say(wire(SPOKEN_TURN))).toEqual([
    ['user-started-speaking', {}],
    ['user-stopped-speaking', {}],
    ['bot-llm-started', {}],
    ['bot-llm-text', { text: 'Two ' }],
    ['bot-llm-text', { text: 'shapes.' }],
    [
      'bot-output',
      { text: 'Two shapes.', aggregated_by: 'sentence', segment_id: 0, spoken: false, will_be_spoken: false },
    ],
    ['bot-llm-stopped', {}],
    [
      'metrics',
      { tokens: [{ processor: 'visavis', prompt_tokens: 97, completion_tokens: 3, total_tokens: 100 }] },
    ],
  ]);
});

test('a call of a tool, and what was said', () => {
  expect(say(wire(TOOL_TURN)).filter(([type]) => type.startsWith('llm-'))).toEqual([
    ['llm-function-call-started', { function_name: 'look_up' }],
    [
      'llm-function-call-in-progress',
      { function_name: 'look_up', tool_call_id: 'call_1', arguments: { what: 'shapes' } },
    ],
  ]);
  expect(say(wire(TRANSCRIPTS))).toEqual([
    [
      'user-transcription',
      {
        text: 'how many shapes are there',
        final: true,
        timestamp: '1970-01-01T00:00:00.000Z',
        user_id: 'user',
      },
    ],
  ]);
});

test('arguments that are no JSON object are told as they are', () => {
  const done = (text: string): ServerEventBody => ({
    type: 'response.function_call_arguments.done',
    response_id: 'resp_1',
    item_id: 'item_1',
    output_index: 0,
    call_id: 'call_1',
    name: 'look_up',
    arguments: text,
  });
  for (const text of ['{"what":', '[1]', 'null'])
    expect(say([done(text)])).toMatchObject([
      ['llm-function-call-in-progress', { arguments: { unreadable: text } }],
    ]);
});

test('where the client asked for them, the timing of a turn is a measure, and events of our own are told as they are', () => {
  const said = say(wire(SPOKEN_TURN, ['turn.timing', 'context', 'frame.attended']));
  const [, metrics] = said.find(([type, data]) => type === 'metrics' && 'ttfb' in (data as object)) ?? [];
  expect(metrics).toEqual({ ttfb: [{ processor: 'visavis', value: expect.any(Number) as number }] });
  const ours = said
    .filter(([type]) => type === 'server-message')
    .map(([, data]) => (data as { type: string }).type);
  expect(new Set(ours)).toEqual(
    new Set(['visavis.frame.attended', 'visavis.context', 'visavis.turn.timing']),
  );
});

test('sentences are numbered through the call, and told as soon as they are whole', () => {
  const done: ServerEventBody = {
    type: 'response.output_text.done',
    response_id: 'resp_1',
    item_id: 'item_2',
    output_index: 0,
    content_index: 0,
    text: '',
  };
  const said = say([delta('One. Tw'), delta('o. Three'), done, delta('Four.'), done]);
  const outputs = said.filter(([type]) => type === 'bot-output').map(([, data]) => data);
  expect(outputs).toMatchObject([
    { text: 'One. ', segment_id: 0 },
    { text: 'Two. ', segment_id: 1 },
    { text: 'Three', segment_id: 2 },
    { text: 'Four.', segment_id: 3 },
  ]);
  expect(said.findIndex(([, data]) => (data as { text?: string }).text === 'One. ')).toBeLessThan(
    said.findIndex(([, data]) => (data as { text?: string }).text === 'o. Three'),
  );
});

test('the response under way is known', () => {
  const rtvi = new ToRtvi(() => new Date(0));
  const seen = wire(SPOKEN_TURN).map((event) => {
    rtvi.map(event);
    return rtvi.responseId;
  });
  expect(new Set(seen)).toEqual(new Set([null, 'resp_1']));
  expect(rtvi.responseId).toBeNull();
});

test('an error that a message of the client led to is an answer to it', () => {
  const error = (event_id: string | null): ServerEventBody => ({
    type: 'error',
    error: { type: 'invalid_request_error', code: 'item_not_found', message: 'No.', param: null, event_id },
  });
  expect(say([error(null), error('abc')])).toEqual([
    ['error', { error: 'No.', code: 'item_not_found', fatal: false }],
    ['error-response', { error: 'No.', code: 'item_not_found' }],
  ]);
});
