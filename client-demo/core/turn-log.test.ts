import type { ContextEvent, TurnTimingEvent } from '@vis-a-vis/protocol';
import { TurnLog } from './turn-log.js';

const timing = (responseId: string, spoken: boolean): TurnTimingEvent => ({
  type: 'visavis.turn.timing',
  event_id: 'event_1',
  response_id: responseId,
  item_id: spoken ? 'item_1' : null,
  speech_end_ms: spoken ? 3000 : null,
  last_speech_packet_ms: null,
  vad_end_ms: null,
  commit_ms: 3500,
  prefill_ms: 0,
  first_token_ms: 3510,
  first_sent_ms: 3512,
  done_ms: 3600,
  speech_end_to_first_token_ms: null,
  commit_to_first_token_ms: 12,
  frames_attended: 1,
  output_tokens: 3,
  speculation: null,
});
const context = (responseId: string): ContextEvent => ({
  type: 'visavis.context',
  event_id: 'event_2',
  response_id: responseId,
  tokens: 100,
  frames: [{ item_id: 'frame_1', rtp_ms: 2500 }],
  audio: [{ item_id: 'item_1', start_ms: 1000, end_ms: 3000 }],
});

describe('TurnLog', () => {
  it('puts what is told of an answer together', () => {
    const log = new TurnLog();
    log.handleContext(context('resp_1'));
    log.handleDelta('resp_1', 70_000);
    expect(log.newest).toBe('resp_1');
    expect(log.timeline('resp_1')).toBeNull();
    log.handleTiming(timing('resp_1', true));
    expect(log.frames('resp_1')).toEqual([{ itemId: 'frame_1', rtpMs: 2500 }]);
    expect(log.reference('resp_1')).toEqual({ kind: 'stopped', atMs: 3000 });
    expect(log.timeline('resp_1')).toMatchObject({ ms: 2600 });
  });

  it('knows when speech began where the receipt does not say', () => {
    const log = new TurnLog();
    log.handleSpeech('started', 2000);
    log.handleSpeech('stopped', 3500);
    log.handleTiming(timing('resp_1', true));
    expect(log.timeline('resp_1')).toMatchObject({ ms: 1600 });
  });

  it('takes speech for that of a spoken turn alone', () => {
    const log = new TurnLog();
    log.handleSpeech('started', 2000);
    log.handleTiming(timing('resp_1', false));
    expect(log.timeline('resp_1')).toMatchObject({ ms: 100 });
    expect(log.reference('resp_1')).toEqual({ kind: 'asked', atMs: 3500 });
  });

  it('knows what was said while a button was held by its receipt', () => {
    const log = new TurnLog();
    log.handleCommitted('item_1');
    log.handleCreated('resp_1');
    log.handleContext(context('resp_1'));
    log.handleTiming(timing('resp_1', false));
    expect(log.timeline('resp_1')).toMatchObject({ ms: 2600 });
    expect(log.reference('resp_1')).toEqual({ kind: 'stopped', atMs: 3000 });
    // What comes next was typed.
    log.handleCreated('resp_2');
    log.handleContext(context('resp_2'));
    log.handleTiming(timing('resp_2', false));
    expect(log.reference('resp_2')).toEqual({ kind: 'asked', atMs: 3500 });
  });

  it('ties reading aloud to the clock of the call, over pauses', () => {
    const log = new TurnLog();
    log.handleDelta('resp_1', 70_000);
    log.handleTiming(timing('resp_1', false));
    expect(log.handleReading(true, 70_100)).toBe('resp_1');
    expect(log.timeline('resp_1')!.rows.find(({ kind }) => kind === 'reading')).toMatchObject({ ms: null });
    log.handleReading(false, 70_300);
    log.handleReading(true, 70_400);
    log.handleReading(false, 71_000);
    expect(log.timeline('resp_1')!.rows.find(({ kind }) => kind === 'reading')).toMatchObject({ ms: 900 });
  });

  it('is bounded, and knows nothing of what it was not told', () => {
    const log = new TurnLog();
    expect(log.handleReading(true, 5)).toBeNull();
    for (let n = 0; n < 101; n++) log.handleContext(context(`resp_${n}`));
    expect(log.frames('resp_0')).toBeNull();
    expect(log.frames('resp_100')).toHaveLength(1);
    log.clear();
    expect(log.newest).toBeNull();
    expect(log.timeline('resp_100')).toBeNull();
    expect(log.reference('resp_100')).toBeNull();
  });
});
