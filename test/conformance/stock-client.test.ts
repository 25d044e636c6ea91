import { defaultSession, type ServerEventBody } from '@vis-a-vis/protocol';
import { toErrorEvent, toServerEvents } from '../../src/realtime/core/event-mapper.js';
import {
  OTHER_EVENTS,
  SPOKEN_TURN,
  TOOL_TURN,
  TRANSCRIPTS,
} from '../../src/realtime/testing/sample-events.js';
import { knowsPictures, unknownToAgents } from '../support/agents-parser.js';
import { complaintsOfTypes } from '../support/sdk-types.js';

/**
 * Real: the stock client's own parser (`@openai/agents-realtime`). An event that it reads as "generic" is silently lost
 * to the listeners of every program written for OpenAI Realtime.
 */
const session = defaultSession('sess_1', 'visavis-pocket');
const clock = { nowMs: 0, videoOffsetMs: null, firstSentAtMs: () => null };
const bodies: ServerEventBody[] = [
  { type: 'session.created', session },
  { type: 'output_audio_buffer.cleared', response_id: 'resp_1' },
  toErrorEvent({ code: 'invalid_json', message: 'No JSON.', param: null, clientEventId: null }),
  ...[...SPOKEN_TURN, ...TOOL_TURN, ...TRANSCRIPTS, ...OTHER_EVENTS].flatMap((event) =>
    toServerEvents(event, session, clock),
  ),
];

const events = bodies.map((body) => ({ ...body, event_id: 'event_1' }));

describe('the stock client', () => {
  it.each([...new Map(events.map((event) => [event.type, event]))])('knows %s', (_type, event) => {
    expect(unknownToAgents([event])).toEqual([]);
  });

  it('knows every response.done, however it ended', () => {
    const ends = events.filter((event) => event.type === 'response.done');
    expect(ends).toHaveLength(5);
    expect(unknownToAgents(ends)).toEqual([]);
  });

  it('does not know what there is not, nor pictures, as yet', () => {
    expect(unknownToAgents([{ type: 'session.created' }, { type: 'visavis.context' }])).toHaveLength(2);
    expect(knowsPictures()).toBe(false);
  });
});

/** Real: the types of the package, and the compiler. */
describe('a program written with the types of `openai`', () => {
  it('is told what they say', () => {
    expect(complaintsOfTypes(events)).toEqual([]);
  });
});
