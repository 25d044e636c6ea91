import { TurnWatch, type WatchedEvent } from './turn-watch.js';

/** The question is said from 1000 to 2000 ms, its true end. */
const SAID = { firstPacketAtMs: 1000, trueEndAtMs: 2000 };

const started: WatchedEvent = { type: 'input_audio_buffer.speech_started' };
const stopped: WatchedEvent = { type: 'input_audio_buffer.speech_stopped' };
const committed: WatchedEvent = { type: 'input_audio_buffer.committed' };
const cleared: WatchedEvent = { type: 'input_audio_buffer.cleared' };
const text = (id: string, delta: string): WatchedEvent => ({
  type: 'response.output_text.delta',
  response_id: id,
  delta,
});
const done = (id: string, status = 'completed'): WatchedEvent => ({
  type: 'response.done',
  response: { id, status },
});

/** @param events each with when it came */
function watched(
  events: readonly (readonly [number, WatchedEvent])[],
  others?: ReadonlySet<string>,
): TurnWatch {
  const watch = new TurnWatch(others);
  for (const [atMs, event] of events) if (atMs < 2000) watch.handle(event, atMs);
  watch.finishedSpeaking(SAID);
  for (const [atMs, event] of events) if (atMs >= 2000) watch.handle(event, atMs);
  return watch;
}

const ordinary = [
  [1100, started],
  [2450, stopped],
  [2500, committed],
  [2520, text('a', 'The ')],
  [2530, text('a', 'star')],
  [2600, done('a')],
] as const;

describe('TurnWatch', () => {
  it('tells the stages of a turn from its true end', () => {
    const watch = watched(ordinary);
    expect(watch.over).toBe(true);
    expect(watch.result).toEqual({
      outcome: 'answered',
      text: 'The star',
      cutOff: false,
      stoppedMs: 450,
      committedMs: 500,
      firstTextMs: 520,
      doneMs: 600,
      serverCommitToFirstMs: null,
    });
  });

  it('is not over before the answer is whole', () => {
    const watch = watched(ordinary.slice(0, -1));
    expect(watch.over).toBe(false);
    expect(watch.goingOn).toEqual({ id: 'a', firstAtMs: 2520 });
  });

  it('takes what spoken answers say', () => {
    const spoken = { ...text('a', 'red'), type: 'response.output_audio_transcript.delta' };
    expect(
      watched([
        [1100, started],
        [2500, committed],
        [2520, spoken],
        [2600, done('a')],
      ]).result.text,
    ).toBe('red');
  });

  it('takes the server’s own figure where it tells one', () => {
    const timing = { type: 'visavis.turn.timing', response_id: 'a', commit_to_first_token_ms: 12 };
    expect(watched([...ordinary, [2610, timing]]).result.serverCommitToFirstMs).toBe(12);
  });

  it('knows a question that was cut off, and waits for the answer to all of it', () => {
    const half = [
      [1100, started],
      [1500, committed],
      [1510, text('a', 'What?')],
      [1520, done('a')],
      [1600, started],
    ] as const;
    expect(watched(half).over).toBe(false);
    const watch = watched([...half, [2500, committed], [2520, text('b', 'red')], [2600, done('b')]]);
    expect(watch.over).toBe(true);
    expect(watch.result).toMatchObject({ outcome: 'answered', text: 'red', cutOff: true, firstTextMs: 520 });
  });

  it('leaves out the answer to a first half that was cut off by the second', () => {
    const watch = watched([
      [1100, started],
      [1500, committed],
      [1600, started],
      [1610, done('a', 'cancelled')],
      [2500, committed],
      [2520, text('b', 'red')],
      [2600, done('b')],
    ]);
    expect(watch.result).toMatchObject({ text: 'red', cutOff: true });
  });

  it.each([
    [
      'no_answer',
      [
        [1100, started],
        [2500, committed],
      ],
    ],
    ['no_answer', [[1100, started]]],
    [
      'no_answer',
      [
        [1100, started],
        [2500, committed],
        [2600, done('a', 'failed')],
      ],
    ],
    ['unheard', []],
    [
      'dismissed',
      [
        [1100, started],
        [2500, cleared],
      ],
    ],
  ] as const)('without an answer is %s', (outcome, events) => {
    expect(watched(events).result).toMatchObject({ outcome, firstTextMs: null });
  });

  it('dismissed is over; what was cleared before the end is not', () => {
    expect(
      watched([
        [1100, started],
        [2500, cleared],
      ]).over,
    ).toBe(true);
    expect(
      watched([
        [1100, started],
        [1500, cleared],
      ]).over,
    ).toBe(false);
  });

  it('takes no answer to an earlier question for its own', () => {
    const watch = watched(
      [
        [1100, started],
        [1200, done('old')],
        [2500, committed],
        [2510, text('old', 'x')],
      ],
      new Set(['old']),
    );
    expect(watch.over).toBe(false);
    expect(watch.result).toMatchObject({ outcome: 'no_answer', text: '' });
  });
});
