import { IMAGE, MachineHarness } from '../../testing/machine-harness.js';
import type { VideoConfig } from '../config.js';

// Real: the whole machine. The engine is answered for by the harness.

const redacts: VideoConfig = { enabled: true, whenOff: 'redact' };
const off: VideoConfig = { enabled: false, whenOff: 'redact' };

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
      { type: 'frame_dropped', ptsMs: 3, reason: 'video_off' },
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
      { type: 'frame_dropped', ptsMs: 3, reason: 'redacted' },
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
