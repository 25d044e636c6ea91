import { awake } from '../../testing/machine-harness.js';

describe('frames', () => {
  test('the first thing after an answer opens the turn', () => {
    const harness = awake().frame().frame();
    expect(harness.did).toEqual(['open user', 'frame', 'frame']);
    expect(harness.commandsOf('append').map(({ priority }) => priority)).toEqual([
      'commit',
      'background',
      'background',
    ]);
  });

  test('those that come while an answer is made wait and open the next turn', () => {
    const harness = awake().speak(1000).ack().answer('a').clear();
    expect(harness.frame().frame().did).toEqual([]);
    expect(harness.end().did).toEqual(['accept', 'open user', 'frame', 'frame']);
  });

  test('of those that wait, the oldest are dropped beyond the window', () => {
    const harness = awake({ settings: { maxFrames: 2 } })
      .speak(1000)
      .ack()
      .answer('a')
      .clear();
    harness.frame(1).frame(2).frame(3).end();
    expect(harness.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 1, reason: 'waiting_full', source: 'camera' },
    ]);
  });

  test('each one attended is told, each one refused by the engine too', () => {
    const harness = awake().frame(5).frame(6);
    harness.failAppend((append) => append.c === 'append' && append.segment.id === 'frame_2', 'shed').ack();
    expect(harness.events).toEqual([
      { type: 'frame_dropped', ptsMs: 6, reason: 'shed', source: 'camera' },
      { type: 'frame_attended', itemId: 'frame_1', ptsMs: 5, tokens: 37, source: 'camera' },
    ]);
  });

  test('what the pipeline kept out is told', () => {
    const harness = awake().feed({ t: 'frame_skipped', ptsMs: 7, reason: 'duplicate' });
    expect(harness.events).toEqual([
      { type: 'frame_dropped', ptsMs: 7, reason: 'duplicate', source: 'camera' },
    ]);
  });

  test('a window that is full is evicted in a large step before the next frame', () => {
    const harness = awake({ settings: { maxFrames: 8 } });
    for (let i = 0; i < 9; i++) harness.frame(i).ack();
    expect(harness.commandsOf('evict')).toEqual([
      { c: 'evict', keepFrames: 7, targetTokens: Math.floor(4096 * 0.7) },
    ]);
    expect(harness.did.slice(-2)).toEqual(['evict', 'frame']);
    harness.feed({ t: 'evicted', freed: 37, dropped: ['frame_1'] });
    expect(harness.machine.log.filter(({ k }) => k === 'frame').map(({ id }) => id)).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 9].map((i) => `frame_${i}`),
    );
  });

  test('a context that is nearly full is evicted to the low water mark', () => {
    const harness = awake({ caps: { maxContextTokens: 400 } });
    for (let i = 0; i < 7; i++) harness.frame(i).ack();
    expect(harness.commandsOf('evict')).toEqual([]);
    harness.frame(9);
    expect(harness.commandsOf('evict')).toEqual([{ c: 'evict', keepFrames: 7, targetTokens: 200 }]);
    expect(harness.did.at(-1)).toBe('frame');
  });

  test('whatever the engine evicted is gone from the next receipt: frames, speech, answers', () => {
    const harness = awake().frame(1).ack().turn('a').frame(2).ack();
    const gone = harness.machine.log.filter((entry) => entry.seq < 6).map(({ id }) => id);
    harness.feed({ t: 'evicted', freed: 60, dropped: gone });
    harness.clear().turn('b');
    const [receipt] = harness.eventsOf('context_receipt');
    expect(receipt?.frames.map(({ ptsMs }) => ptsMs)).toEqual([2]);
    expect(receipt?.audio).toHaveLength(1);
  });

  test('nothing is evicted while a question is under way or answered', () => {
    const harness = awake({ settings: { maxFrames: 2 } })
      .frame()
      .frame()
      .ack()
      .speak(1000);
    harness.frame().ack().answer('a').frame();
    expect(harness.commandsOf('evict')).toEqual([]);
    harness.end().feed({ t: 'context_moved', by: 'accept', at: { seq: 0, epoch: 0, tokens: 100 } });
    expect(harness.commandsOf('evict')).toHaveLength(1);
  });

  test('an eviction that failed is told and tried again with the next frame', () => {
    const harness = awake({ settings: { maxFrames: 1 } })
      .frame()
      .ack()
      .frame();
    harness.feed({ t: 'command_failed', command: 'evict', failure: { code: 'engine_failed', message: 'x' } });
    expect(harness.eventsOf('error')).toHaveLength(1);
    expect(harness.frame().commandsOf('evict')).toHaveLength(2);
  });

  test('without room they are dropped, and the question still gets in', () => {
    const harness = awake({ caps: { maxContextTokens: 100 } })
      .frame()
      .ack()
      .speak(500)
      .frame();
    harness.ack().answer('a').end();
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
    harness.frame(3000);
    expect(harness.eventsOf('frame_dropped').at(-1)).toMatchObject({ reason: 'context_full' });
  });
});
