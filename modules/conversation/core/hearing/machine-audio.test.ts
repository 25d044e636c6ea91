import { awake, MachineHarness } from '../../testing/machine-harness.js';

describe('the audio buffer', () => {
  const manual = () => awake({ config: { turnDetection: null } });
  const manual60 = () =>
    awake({ config: { turnDetection: null }, settings: { manualBufferMs: 120_000 } }).audio(60_000);

  test('by hand: what came since the last commit is committed, without a response', () => {
    const harness = manual().intent({ k: 'audio_commit' });
    expect(harness.said).toEqual(['audio_committed', 'item_added', 'item_done']);
    expect(harness.commandsOf('append_audio')).toMatchObject([{ fromMs: 0, toMs: 1000, final: true }]);
    harness.ack().audio(1500).intent({ k: 'audio_commit' });
    expect(harness.commandsOf('append_audio')[1]).toMatchObject({ fromMs: 1000, toMs: 1500 });
    harness.intent({ k: 'response_create' }).ack();
    expect(harness.machine.state).toBe('answering');
  });

  test('by hand: a clear throws away what came before it', () => {
    const harness = manual().intent({ k: 'audio_clear' }).audio(1500).intent({ k: 'audio_commit' });
    expect(harness.said[0]).toBe('audio_cleared');
    expect(harness.commandsOf('append_audio')[0]).toMatchObject({ fromMs: 1000, toMs: 1500 });
  });

  test('by hand: at most one utterance of the longest length', () => {
    const harness = manual().audio(60_000).intent({ k: 'audio_commit' });
    expect(harness.commandsOf('append_audio')[0]).toMatchObject({ fromMs: 32_000, toMs: 60_000 });
    expect(harness.machine.audioNeededFromMs).toBe(60_000);
  });

  test('by hand: what is longer than an utterance may be is committed in pieces, and none of it is lost', () => {
    const harness = manual60().intent({ k: 'audio_commit' });
    const pieces = harness.commandsOf('append_audio');
    expect(pieces.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [0, 20_000],
      [20_000, 40_000],
      [40_000, 60_000],
    ]);
    expect(pieces.every(({ final }) => final)).toBe(true);
    expect(harness.eventsOf('audio_committed')).toHaveLength(3);
    expect(new Set(harness.eventsOf('item_added').map(({ item }) => item.id)).size).toBe(3);
  });

  test.each([
    ['no audio came', () => new MachineHarness({ config: { turnDetection: null } })],
    ['hardly any came', () => manual().intent({ k: 'audio_clear' }).audio(1050)],
    ['nobody speaks', () => awake()],
  ])('a commit is an error where %s', (_name, make) => {
    const harness = make().clear().intent({ k: 'audio_commit', clientEventId: 'evt_3' });
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'input_audio_buffer_commit_empty', clientEventId: 'evt_3' } },
    ]);
    expect(harness.machine.state).toBe('idle');
  });

  test('a commit while the detector hears speech ends it without a response', () => {
    const harness = awake().startSpeaking().audio(2000).intent({ k: 'audio_commit' });
    expect(harness.said).toContain('speech_stopped');
    expect(harness.said).not.toContain('response_created');
    expect(harness.commands.at(-1)).toEqual({ c: 'detect_anew', fromMs: 2000 });
    expect(harness.clear().stopSpeaking().said).toEqual([]);
  });

  test('who goes on speaking after a commit begins another item, with nothing of the first in it', () => {
    const harness = awake().startSpeaking().audio(2000).intent({ k: 'audio_commit' }).audio(2100);
    harness.boundary({ t: 'speech_start', atMs: 2100, startMs: 2000 }).audio(4000).stopSpeaking().ack();
    expect(harness.eventsOf('speech_started').map(({ audioStartMs }) => audioStartMs)).toEqual([700, 2000]);
    const [first, second] = harness.eventsOf('audio_committed');
    expect(second?.itemId).not.toBe(first?.itemId);
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ toMs: 4000, final: true });
    expect(harness.eventsOf('response_created')).toHaveLength(1);
  });

  test('a clear while the detector hears speech leaves nothing of it; who goes on speaking begins another', () => {
    const harness = awake().startSpeaking().audio(2000).clear().intent({ k: 'audio_clear' });
    expect(harness.said).toEqual(['speech_misfired']);
    expect(harness.commands).toContainEqual({ c: 'detect_anew', fromMs: 2000 });
    expect(harness.clear().stopSpeaking().said).toEqual([]);
    harness.audio(2100).boundary({ t: 'speech_start', atMs: 2100, startMs: 2050 }).audio(3000).clear();
    harness.stopSpeaking();
    expect(harness.eventsOf('audio_committed')).toHaveLength(1);
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ toMs: 3000, final: true });
  });

  test('a clear while nobody speaks has the detector say nothing of what came before', () => {
    const harness = awake().clear().intent({ k: 'audio_clear' });
    expect(harness.said).toEqual(['audio_cleared']);
    expect(harness.commands).toContainEqual({ c: 'detect_anew', fromMs: 1000 });
  });

  test('a false start leaves nothing behind: its blocks are of an utterance that never ends', () => {
    const harness = awake().startSpeaking().audio(2000).frame();
    const [block] = harness.commandsOf('append_audio');
    harness.boundary({ t: 'misfire', atMs: 2000 }).clear().speak(1000);
    const next = harness.commandsOf('append_audio');
    expect(new Set(next.map(({ utterance }) => utterance)).size).toBe(1);
    expect(next[0]?.utterance).not.toBe(block?.utterance);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn', 'frame', 'audio']);
  });

  test('a block that the engine lost makes the utterance go again as a whole', () => {
    const harness = awake().startSpeaking().audio(1500);
    const [block] = harness.commandsOf('append_audio');
    harness.failAppend((append) => append.c === 'append_audio', 'engine_failed').clear();
    harness.audio(2500).stopSpeaking();
    expect(harness.commandsOf('append_audio')).toMatchObject([{ fromMs: 700, toMs: 2500, final: true }]);
    expect(harness.commandsOf('append_audio')[0]?.utterance).not.toBe(block?.utterance);
  });

  test('an utterance that is too long is committed in pieces of one turn', () => {
    const harness = awake({ settings: { maxUtteranceMs: 5000 } })
      .startSpeaking()
      .audio(6000)
      .audio(7000)
      .stopSpeaking()
      .ack();
    expect(harness.eventsOf('audio_committed')).toHaveLength(2);
    expect(harness.eventsOf('speech_started').map(({ audioStartMs }) => audioStartMs)).toEqual([700, 5700]);
    expect(harness.eventsOf('response_created')).toHaveLength(1);
    expect(harness.commandsOf('append_audio').filter(({ final }) => final)).toHaveLength(2);
  });

  test('detection turned off in the middle of speech keeps the audio for a commit by hand', () => {
    const harness = awake().startSpeaking().audio(2000);
    const config = { ...harness.machine.snapshot().config, turnDetection: null };
    harness.clear().intent({ k: 'session_update', config }).intent({ k: 'audio_commit' });
    expect(harness.commands[0]).toEqual({ c: 'detect', settings: null });
    expect(harness.commandsOf('append_audio')[0]).toMatchObject({ fromMs: 0, toMs: 2000, final: true });
  });
});
