import { defaultSession, mergeSession, serverEventSchema, type ServerEventBody } from '@vis-a-vis/protocol';
import type { SessionEvent } from '#modules/conversation';
import { OTHER_EVENTS, SPOKEN_TURN, TIMEOUT } from '../testing/sample-events.js';
import { toServerEvents } from './event-mapper.js';
import type { WireClock } from './vendor-mapper.js';

const plain = defaultSession('sess_1', 'visavis-pocket');
const curious = mergeSession(plain, {
  visavis: { events: ['turn.timing', 'frame.attended', 'context', 'degraded'] },
});
const clock: WireClock = { nowMs: 11_050, videoOffsetMs: 10_000, firstSentAtMs: () => 12_921 };

const map = (events: readonly SessionEvent[], session = plain): ServerEventBody[] =>
  events.flatMap((event) => toServerEvents(event, session, clock));
const only = (events: ServerEventBody[], type: string) => events.filter((event) => event.type === type);

describe('toServerEvents', () => {
  it('tells a spoken turn in the order of the protocol', () => {
    expect(map(SPOKEN_TURN).map((event) => event.type)).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ]);
  });

  it('gives every event all the fields of its schema', () => {
    for (const body of map([...SPOKEN_TURN, ...OTHER_EVENTS, TIMEOUT], curious)) {
      expect(serverEventSchema.parse({ ...body, event_id: 'event_1' })).toEqual({
        ...body,
        event_id: 'event_1',
      });
    }
  });

  it('tells the loss of a part to everybody, and to whom asked by an event of its own', () => {
    const lost: SessionEvent = { type: 'part_lost', part: 'hearing', why: 'the thread died' };
    const error = { type: 'error', error: { code: 'part_lost', param: 'hearing' } };
    expect(map([lost])).toMatchObject([error]);
    expect(map([lost], curious)).toMatchObject([error, { type: 'visavis.degraded', part: 'hearing' }]);
  });

  it('says output_text in an item but text in a part, as stock clients insist', () => {
    const events = map(SPOKEN_TURN);
    expect(only(events, 'response.content_part.done')[0]).toMatchObject({ part: { type: 'text' } });
    expect(only(events, 'response.done')[0]).toMatchObject({
      response: { output: [{ content: [{ type: 'output_text', text: 'Two shapes.' }] }] },
    });
  });

  it('reports a null transcript and no media in a spoken item', () => {
    expect(only(map(SPOKEN_TURN), 'conversation.item.added')[0]).toMatchObject({
      previous_item_id: null,
      item: { content: [{ type: 'input_audio', transcript: null }] },
    });
  });

  it('counts frames as image tokens and the warm context as cached', () => {
    expect(only(map(SPOKEN_TURN), 'response.done')[0]).toMatchObject({
      response: {
        usage: {
          total_tokens: 100,
          input_tokens: 97,
          output_tokens: 3,
          input_token_details: {
            image_tokens: 72,
            cached_tokens: 76,
            cached_tokens_details: { image_tokens: 72 },
          },
        },
      },
    });
  });

  it('tells why a response did not complete', () => {
    const details = only(map(OTHER_EVENTS), 'response.done').map(
      (event) => event.type === 'response.done' && event.response.status_details,
    );
    expect(details).toEqual([
      { type: 'cancelled', reason: 'turn_detected' },
      { type: 'incomplete', reason: 'max_output_tokens' },
      { type: 'failed', error: { type: 'server_error', code: 'engine_failed' } },
    ]);
  });

  it('ends the speech of a misfire, so that no client waits for it', () => {
    expect(map([{ type: 'speech_misfired', itemId: 'i', audioEndMs: 900 }])).toEqual([
      { type: 'input_audio_buffer.speech_stopped', item_id: 'i', audio_end_ms: 900 },
      { type: 'input_audio_buffer.cleared' },
    ]);
  });

  it('ties an error to the client event that caused it', () => {
    expect(only(map(OTHER_EVENTS), 'error')[0]).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'response_cancel_not_active',
        message: 'There is none.',
        param: null,
        event_id: 'e1',
      },
    });
  });

  it('tells vendor events only to a session that asked', () => {
    expect(
      map([...SPOKEN_TURN, ...OTHER_EVENTS]).filter((event) => event.type.startsWith('visavis.')),
    ).toEqual([]);
    expect(
      map(SPOKEN_TURN, curious)
        .map((event) => event.type)
        .filter((type) => type.startsWith('visavis.')),
    ).toEqual(['visavis.frame.attended', 'visavis.context', 'visavis.turn.timing']);
  });

  it('puts the timing of a turn on the media clock', () => {
    expect(only(map(SPOKEN_TURN, curious), 'visavis.turn.timing')[0]).toMatchObject({
      speech_end_ms: 2400,
      last_speech_packet_ms: 2410,
      vad_end_ms: 2910,
      commit_ms: 2912,
      first_token_ms: 2920,
      first_sent_ms: 2921,
      speech_end_to_first_token_ms: 521,
      commit_to_first_token_ms: 9,
      speculation: { used: true, tries: 2, wasted_tokens: 4, gain_ms: 30 },
    });
  });

  it('says how old an attended frame is', () => {
    expect(only(map(SPOKEN_TURN, curious), 'visavis.frame.attended')[0]).toMatchObject({
      rtp_ms: 1000,
      age_ms: 50,
    });
  });
});
