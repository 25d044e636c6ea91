import { defaultSession, type ServerEventBody } from '@vis-a-vis/protocol';
import { parseRealtimeEvent } from '../../node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.js';
import { toErrorEvent, toServerEvents } from '../../src/realtime/core/event-mapper.js';
import {
  OTHER_EVENTS,
  SPOKEN_TURN,
  TOOL_TURN,
  TRANSCRIPTS,
} from '../../src/realtime/testing/sample-events.js';

/**
 * Real: the stock client's own parser (`@openai/agents-realtime`). An event that it reads as "generic" is silently lost
 * to the listeners of every program written for OpenAI Realtime.
 */
const session = defaultSession('sess_1', 'visavis-pocket');
const clock = { nowMs: 0, videoOffsetMs: null, firstSentAtMs: () => null };
const bodies: ServerEventBody[] = [
  { type: 'session.created', session },
  { type: 'output_audio_buffer.cleared' },
  toErrorEvent({ code: 'invalid_json', message: 'No JSON.', param: null, clientEventId: null }),
  ...[...SPOKEN_TURN, ...TOOL_TURN, ...TRANSCRIPTS, ...OTHER_EVENTS].flatMap((event) =>
    toServerEvents(event, session, clock),
  ),
];

describe('the stock client', () => {
  it.each([...new Map(bodies.map((body) => [body.type, body]))])('knows %s', (_type, body) => {
    const data = JSON.stringify({ ...body, event_id: 'event_1' });
    expect(parseRealtimeEvent({ data } as MessageEvent)).toMatchObject({ isGeneric: false });
  });

  it('knows every response.done, however it ended', () => {
    const ends = bodies.filter((body) => body.type === 'response.done');
    expect(ends).toHaveLength(5);
    for (const body of ends) {
      const data = JSON.stringify({ ...body, event_id: 'event_1' });
      expect(parseRealtimeEvent({ data } as MessageEvent)).toMatchObject({ isGeneric: false });
    }
  });
});
