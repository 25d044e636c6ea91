import { awake, MachineHarness } from '../testing/machine-harness.js';

describe('a spoken turn', () => {
  test('emits the events of PROTOCOL A6 in their order', () => {
    const harness = awake().frame().ack().clear();
    harness.speak(1000).ack().answer('red', ' one').end();
    expect(harness.said).toEqual([
      'speech_started',
      'speech_stopped',
      'audio_committed',
      'item_added',
      'item_done',
      'response_created',
      'context_receipt',
      'response_item_added',
      'item_added',
      'content_part_added',
      'text_delta',
      'text_delta',
      'text_done',
      'content_part_done',
      'item_done',
      'response_item_done',
      'response_done',
      'turn_timing',
    ]);
  });

  test('frames go in while the user speaks, the sound comes last, then the turn is closed and answered', () => {
    const harness = awake().startSpeaking().frame().audio(1100).frame().audio(1400).stopSpeaking().ack();
    harness.answer('a').end();
    expect(harness.did).toEqual([
      'open user',
      'frame',
      'audio block',
      'frame',
      'audio block',
      'audio final',
      'mark',
      'close user',
      'generate',
      'accept',
    ]);
  });

  test('the audio begins before the speech by the prefix padding, and is sent once', () => {
    const harness = awake().speak(1000);
    const runs = harness.commandsOf('append_audio');
    expect(runs[0]?.fromMs).toBe(700);
    runs.slice(1).forEach((run, i) => expect(run.fromMs).toBe(runs[i]?.toMs));
    expect(runs.at(-1)).toMatchObject({ toMs: 2000, final: true, priority: 'commit' });
    expect(new Set(runs.map(({ utterance }) => utterance)).size).toBe(1);
    expect(harness.eventsOf('speech_started')[0]?.audioStartMs).toBe(700);
    expect(harness.eventsOf('speech_stopped')[0]?.audioEndMs).toBe(2000);
  });

  test('of the silence that ends the speech only the tail belongs to the utterance', () => {
    const harness = awake({ settings: { tailMs: 100 } })
      .startSpeaking()
      .audio(1500);
    harness.boundary({ t: 'tentative_pause', atMs: 1500, speechEndMs: 1400 }).audio(1900).stopSpeaking();
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ toMs: 1500, final: true });
    expect(harness.eventsOf('speech_stopped')[0]?.audioEndMs).toBe(1900);
  });

  test('what had been sent when the pause came is not taken back', () => {
    const harness = awake({ settings: { tailMs: 0 } })
      .startSpeaking()
      .audio(1980)
      .stopSpeaking();
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({
      fromMs: 1980,
      toMs: 1980,
      final: true,
    });
  });

  test('after a pause the sound goes on where it was held', () => {
    const harness = awake({ settings: { tailMs: 100 } })
      .startSpeaking()
      .audio(1500);
    harness.boundary({ t: 'tentative_pause', atMs: 1500, speechEndMs: 1400 }).audio(1900).clear();
    harness.boundary({ t: 'resume', atMs: 1900 }).audio(2000);
    expect(harness.commandsOf('append_audio')).toMatchObject([{ fromMs: 1340, toMs: 1660 }, { toMs: 1980 }]);
  });

  test('the padding does not reach into what was committed before, nor before the first audio', () => {
    const harness = awake().turn('a').startSpeaking();
    expect(harness.eventsOf('speech_started')[1]?.audioStartMs).toBe(2000);
    const early = new MachineHarness().audio(100).startSpeaking();
    expect(early.eventsOf('speech_started')[0]?.audioStartMs).toBe(0);
  });

  test('an engine without incremental audio gets the utterance in one piece', () => {
    const harness = awake({ caps: { incrementalAudio: false } }).speak(2000);
    expect(harness.did).toEqual(['open user', 'audio final']);
  });

  test('one item id from the start of speech to the item', () => {
    const harness = awake().speak(1000);
    const { itemId } = harness.eventsOf('speech_started')[0]!;
    expect(harness.eventsOf('speech_stopped')[0]?.itemId).toBe(itemId);
    expect(harness.eventsOf('audio_committed')[0]).toMatchObject({ itemId, previousItemId: null });
    expect(harness.eventsOf('item_added')[0]?.item).toEqual({
      type: 'message',
      id: itemId,
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_audio', transcript: null, span: { startMs: 700, endMs: 2000 } }],
    });
  });

  test('a second turn goes on in the same context, and items know the one before', () => {
    const harness = awake().turn('a').turn('b');
    const ids = harness.machine.snapshot().items.map(({ id }) => id);
    expect(ids).toHaveLength(4);
    expect(harness.eventsOf('item_done').map(({ previousItemId }) => previousItemId)).toEqual([
      null,
      ...ids.slice(0, 3),
    ]);
    expect(harness.did.filter((word) => word === 'open user')).toHaveLength(2);
  });

  test('the response holds the item and what it cost; what was there at the end of speech is cached', () => {
    const harness = awake().frame().ack().speak(1000).ack().answer('red', ' one').end();
    const { response } = harness.eventsOf('response_done')[0]!;
    expect(response).toMatchObject({
      status: 'completed',
      reason: null,
      error: null,
      output: [
        { role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'red one' }] },
      ],
    });
    // 1 to begin with, 1 open, 37 frame; then 13 sound, 1 close and the mark of the answer.
    expect(response.usage).toEqual({
      input: { text: 4, audio: 13, image: 37 },
      cached: { text: 2, audio: 0, image: 37 },
      output: 2,
    });
  });

  test('the timing holds both clocks', () => {
    const harness = awake().speak(1000);
    harness.now = 2030;
    harness.ack();
    harness.now = 2050;
    harness.answer('a').end();
    expect(harness.eventsOf('turn_timing')[0]).toEqual({
      type: 'turn_timing',
      responseId: harness.eventsOf('response_done')[0]?.response.id,
      itemId: harness.eventsOf('audio_committed')[0]?.itemId,
      speechEndMs: 1500,
      lastSpeechPacketAtMs: 1500,
      vadEndAtMs: 2000,
      commitAtMs: 2000,
      prefillMs: 30,
      firstTokenAtMs: 2050,
      doneAtMs: 2050,
      clockOffsetMs: 0,
      framesAttended: 0,
      outputTokens: 1,
      speculation: null,
    });
  });

  test('the receipt names the frames and utterances in the context', () => {
    const harness = awake()
      .frame(900)
      .frame(1000)
      .failAppend((a) => a.c === 'append' && a.segment.id === 'frame_1', 'shed');
    harness.ack().speak(1000).ack().answer();
    const receipt = harness.eventsOf('context_receipt')[0];
    expect(receipt?.frames).toEqual([{ itemId: 'frame_2', ptsMs: 1000, source: 'camera' }]);
    expect(receipt?.audio).toEqual([
      { itemId: harness.eventsOf('audio_committed')[0]?.itemId, startMs: 700, endMs: 2000 },
    ]);
  });

  test('a token that is only part of a character counts, and says nothing', () => {
    const harness = awake().speak(1000).ack().answer('', 'é').end();
    expect(harness.eventsOf('text_delta').map(({ delta }) => delta)).toEqual(['é']);
    expect(harness.eventsOf('response_done')[0]?.response.usage?.output).toBe(2);
  });

  test('an answer that reaches its limit is incomplete', () => {
    const harness = awake().speak(1000).ack().answer('a').end('length');
    const { response } = harness.eventsOf('response_done')[0]!;
    expect(response).toMatchObject({ status: 'incomplete', reason: 'max_output_tokens' });
    expect(response.output[0]?.status).toBe('incomplete');
    expect(harness.did.at(-1)).toBe('accept');
  });
});
