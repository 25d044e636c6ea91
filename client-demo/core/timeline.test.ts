import type { TurnTimingEvent } from '@vis-a-vis/protocol';
import { duration, tickLabel, timelineOf, type RowKind } from './timeline.js';

const SPOKEN: TurnTimingEvent = {
  type: 'visavis.turn.timing',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  speech_end_ms: 3000,
  last_speech_packet_ms: 3010,
  vad_end_ms: 3100,
  commit_ms: 3500,
  prefill_ms: 0,
  first_token_ms: 3130,
  first_sent_ms: 3502,
  done_ms: 3600,
  speech_end_to_first_token_ms: 502,
  commit_to_first_token_ms: 2,
  frames_attended: 4,
  output_tokens: 9,
  speculation: { used: true, tries: 3, wasted_tokens: 14, gain_ms: 30 },
};
const TYPED: TurnTimingEvent = {
  ...SPOKEN,
  item_id: null,
  speech_end_ms: null,
  last_speech_packet_ms: null,
  vad_end_ms: null,
  speech_end_to_first_token_ms: null,
  first_token_ms: 3520,
  first_sent_ms: 3521,
  speculation: null,
};

const rowsOf = (of: Parameters<typeof timelineOf>[0]) =>
  Object.fromEntries(timelineOf(of).rows.map((row) => [row.kind, row])) as Record<
    RowKind,
    ReturnType<typeof timelineOf>['rows'][number]
  >;

describe('timelineOf', () => {
  const spoken = { timing: SPOKEN, speech: { fromMs: 1600, toMs: 3000 }, reading: null };

  it('draws a spoken turn to scale', () => {
    const { ms, confirmed } = timelineOf(spoken);
    expect(ms).toBe(2000);
    expect(confirmed).toBeCloseTo(0.95);
    const rows = rowsOf(spoken);
    expect(rows.speech).toEqual({ kind: 'speech', place: { left: 0, width: 0.7 }, ms: 1400 });
    expect(rows.pause).toEqual({ kind: 'pause', place: { left: 0.7, width: 0.25 }, ms: 500 });
    expect(rows.first.ms).toBe(2);
    expect(rows.answer).toMatchObject({ ms: 98 });
    expect(rows.reading.place).toBeNull();
  });

  it('draws what was begun ahead from its beginning until the turn was confirmed', () => {
    // The first token was there 30 ms after the beginning.
    expect(rowsOf(spoken).ahead).toMatchObject({ ms: 400, place: { left: 0.75 } });
    // Confirmed before there was a token.
    const late = { ...SPOKEN, first_token_ms: 3501, speculation: { ...SPOKEN.speculation!, gain_ms: 20 } };
    expect(rowsOf({ ...spoken, timing: late }).ahead.ms).toBe(20);
  });

  it('counts what was rolled back, and draws it nowhere: the gateway does not say when', () => {
    expect(timelineOf(spoken).rolledBack).toEqual({ times: 2, tokens: 14 });
    expect(rowsOf(spoken).rolledBack.place).toBeNull();
    const unused = { ...SPOKEN, speculation: { ...SPOKEN.speculation!, used: false, gain_ms: 0 } };
    expect(timelineOf({ ...spoken, timing: unused }).rolledBack.times).toBe(3);
    expect(rowsOf({ ...spoken, timing: unused }).ahead.place).toBeNull();
  });

  it('begins a typed turn with its commit', () => {
    const typed = { timing: TYPED, speech: null, reading: null };
    expect(timelineOf(typed)).toMatchObject({ ms: 100, confirmed: 0, rolledBack: { times: 0, tokens: 0 } });
    expect(rowsOf(typed).speech.place).toBeNull();
    expect(rowsOf(typed).pause.place).toBeNull();
    expect(rowsOf(typed).first.place).toEqual({ left: 0, width: 0.21 });
  });

  it('goes on as long as the answer is read aloud', () => {
    const read = { ...spoken, reading: { fromMs: 3550, toMs: 5600 } };
    expect(timelineOf(read).ms).toBe(4000);
    expect(rowsOf(read).reading).toMatchObject({ ms: 2050 });
  });

  it('stays within its axis, also where instants disagree', () => {
    const odd = {
      timing: { ...TYPED, first_sent_ms: 3400, done_ms: 3390 },
      speech: null,
      reading: null,
    };
    for (const { place } of timelineOf(odd).rows) {
      if (place === null) continue;
      expect(place.left).toBeGreaterThanOrEqual(0);
      expect(place.left + place.width).toBeLessThanOrEqual(1);
    }
    const nothing = { ...TYPED, commit_ms: 5, first_sent_ms: 5, done_ms: 5 };
    expect(timelineOf({ timing: nothing, speech: null, reading: null }).ms).toBe(1);
  });

  it.each([1, 3, 90, 700, 2000, 31_000, 500_000, 9_000_000])('has a few ticks for %p ms, from 0 on', (ms) => {
    const timing = { ...TYPED, commit_ms: 0, first_sent_ms: 0, done_ms: ms };
    const { ticks } = timelineOf({ timing, speech: null, reading: null });
    expect(ticks[0]).toEqual({ ms: 0, left: 0 });
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.at(-1)!.left).toBeLessThanOrEqual(1);
    expect(ticks.length).toBeGreaterThan(1);
  });
});

describe('tickLabel', () => {
  it.each([
    [0, '0'],
    [200, '200 ms'],
    [1500, '1.5 s'],
    [20_000, '20 s'],
  ])('says %p as %p', (ms, said) => {
    expect(tickLabel(ms)).toBe(said);
  });
});

describe('duration', () => {
  it.each([
    [2.4, '2 ms'],
    [999, '999 ms'],
    [1421, '1.42 s'],
    [31_420, '31.4 s'],
  ])('says %p as %p', (ms, said) => {
    expect(duration(ms)).toBe(said);
  });
});
