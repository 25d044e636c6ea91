import { IMAGE, MachineHarness } from '../../testing/machine-harness.js';
import type { VideoConfig } from '../config.js';

// Real: the whole machine. The engine is answered for by the harness.

const redacts: VideoConfig = { shown: ['camera', 'screen'], whenOff: 'redact' };
const off: VideoConfig = { shown: [], whenOff: 'redact' };

const watching = (video: VideoConfig = redacts) =>
  new MachineHarness({ config: { video }, settings: { cameraTimeoutMs: 5000 } })
    .audio(100)
    .frame(1)
    .frame(2)
    .ack();

function turn(harness: MachineHarness, video: VideoConfig): MachineHarness {
  return harness.intent({
    k: 'session_update',
    config: { ...harness.machine.snapshot().config, video },
  });
}

describe('a camera that goes off', () => {
  test('takes what it showed with it, where that is asked for', () => {
    const harness = turn(watching(), off);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_1', 'frame_2'] }]);
    harness.feed({ t: 'redacted', freed: 74 });
    expect(harness.eventsOf('context_redacted')).toEqual([
      { type: 'context_redacted', itemIds: ['frame_1', 'frame_2'], tokens: 74 },
    ]);
    harness.turn('a');
    expect(harness.eventsOf('context_receipt')[0]?.frames).toEqual([]);
  });

  test('leaves what it showed, where nothing is asked for', () => {
    const harness = turn(watching(), { ...off, whenOff: 'keep' });
    expect(harness.commandsOf('redact')).toEqual([]);
    expect(harness.machine.nextDeadlineMs).toBeNull();
  });

  test('gives no more pictures', () => {
    const harness = turn(watching(), off).clear().frame(3);
    expect(harness.did).toEqual([]);
    expect(harness.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 3, reason: 'video_off', source: 'camera' },
    ]);
    turn(harness, redacts).frame(4);
    expect(harness.commandsOf('append')).toHaveLength(1);
  });

  test('is off where it shows nothing for a while; pictures that are not kept count', () => {
    const harness = watching();
    harness.feed({ t: 'frame_skipped', ptsMs: 3000, reason: 'duplicate' }, 3000);
    expect(harness.machine.nextDeadlineMs).toBe(8000);
    harness.feed({ t: 'tick' }, 7999);
    expect(harness.commandsOf('redact')).toEqual([]);
    harness.feed({ t: 'tick' }, 8000);
    expect(harness.commandsOf('redact')).toHaveLength(1);
    expect(harness.machine.nextDeadlineMs).toBeNull();
  });

  test('during an answer is forgotten behind it, with the pictures that waited', () => {
    const harness = watching().speak(1000).ack().answer('a').frame(3);
    turn(harness.clear(), off);
    expect(harness.did).toEqual(['detect']);
    expect(harness.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 3, reason: 'redacted', source: 'camera' },
    ]);
    harness.clear().end();
    expect(harness.did).toEqual(['accept', 'redact']);
  });

  test('takes with it what is known of pictures that have been evicted', () => {
    const harness = watching().feed({ t: 'evicted', freed: 37, dropped: ['frame_1'] });
    turn(harness, off);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_2', 'frame_1'] }]);
    turn(harness.clear(), off);
    expect(harness.commandsOf('redact')).toEqual([]);
  });

  test('leaves the pictures of messages', () => {
    const harness = watching().intent({
      k: 'item_create',
      role: 'user',
      content: [{ type: 'input_image', image: IMAGE, detail: 'auto' }],
    });
    turn(harness.ack(), off);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_1', 'frame_2'] }]);
  });

  test('is told where the engine could not forget', () => {
    const harness = turn(watching(), off);
    const failure = { code: 'engine_failed', message: 'x' } as const;
    harness.feed({ t: 'command_failed', command: 'redact', failure });
    expect(harness.eventsOf('error')).toHaveLength(1);
    expect(harness.eventsOf('context_redacted')).toEqual([]);
  });
});

describe('a screen beside the camera', () => {
  const both = () =>
    new MachineHarness({ config: { video: redacts }, settings: { cameraTimeoutMs: 5000 } })
      .audio(100)
      .frame(1)
      .frame(2, 'screen')
      .ack()
      .frame(3)
      .ack();
  const only = (source: 'camera' | 'screen'): VideoConfig => ({ shown: [source], whenOff: 'redact' });

  test('is told of as such, in the order of what was seen', () => {
    const harness = both();
    expect(harness.eventsOf('frame_attended').map(({ ptsMs, source }) => [ptsMs, source])).toEqual([
      [1, 'camera'],
      [2, 'screen'],
      [3, 'camera'],
    ]);
    harness.turn('a');
    expect(harness.eventsOf('context_receipt')[0]?.frames).toEqual([
      { itemId: 'frame_1', ptsMs: 1, source: 'camera' },
      { itemId: 'frame_2', ptsMs: 2, source: 'screen' },
      { itemId: 'frame_3', ptsMs: 3, source: 'camera' },
    ]);
  });

  test('that goes off takes what it showed with it, and not what the camera did', () => {
    const harness = turn(both().clear(), only('camera'));
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_2'] }]);
    harness.frame(4, 'screen').frame(5);
    expect(harness.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 4, reason: 'video_off', source: 'screen' },
    ]);
    expect(harness.commandsOf('append')).toHaveLength(1);
  });

  test('is none of what goes with the camera, evicted or not', () => {
    const harness = both().feed({ t: 'evicted', freed: 74, dropped: ['frame_1', 'frame_2'] });
    turn(harness.clear(), only('screen'));
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_3', 'frame_1'] }]);
    turn(harness.clear(), off);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_2'] }]);
  });

  test('is off by itself where it shows nothing for a while', () => {
    const harness = both();
    harness.feed({ t: 'frame_skipped', ptsMs: 3000, reason: 'duplicate', source: 'camera' }, 3000);
    const deadline = harness.machine.nextDeadlineMs ?? NaN;
    harness.clear().feed({ t: 'tick' }, deadline);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: ['frame_2'] }]);
    expect(harness.machine.nextDeadlineMs).toBe(8000);
  });

  test('that goes off during an answer leaves what waits of the camera', () => {
    const harness = both().speak(1000).ack().answer('a').frame(5).frame(6, 'screen');
    turn(harness.clear(), only('camera'));
    expect(harness.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 6, reason: 'redacted', source: 'screen' },
    ]);
    harness.clear().end();
    expect(harness.commandsOf('append').map(({ segment }) => 'ptsMs' in segment && segment.ptsMs)).toContain(
      5,
    );
  });

  test('shares the frames of the context with the camera', () => {
    const harness = new MachineHarness({ settings: { maxFrames: 8 } }).audio(100);
    for (let i = 0; i < 9; i++) harness.frame(i, i % 2 === 0 ? 'camera' : 'screen').ack();
    expect(harness.commandsOf('evict')).toMatchObject([{ keepFrames: 7 }]);
  });
});
