import type { Command } from './commands.js';
import { MachineHarness, SERVER_VAD } from '../testing/machine-harness.js';

const typed = (text: string) =>
  ({ k: 'item_create', role: 'user', content: [{ type: 'input_text', text }] }) as const;

const isFinal = (append: Command) => append.c === 'append_audio' && append.final;

/** A harness with audio since 0, at `now` = 1000. */
const awake = (options?: ConstructorParameters<typeof MachineHarness>[0]) =>
  new MachineHarness(options).audio(1000);

describe('states', () => {
  // Each row: how to get there, and where that is.
  const there: [string, (h: MachineHarness) => unknown, string][] = [
    ['nothing happened', () => undefined, 'idle'],
    ['speech starts', (h) => h.startSpeaking(), 'listening'],
    [
      'it may have ended',
      (h) => h.startSpeaking().boundary({ t: 'tentative_pause', atMs: 1100, speechEndMs: 1000 }),
      'pausing',
    ],
    [
      'it goes on',
      (h) =>
        h
          .startSpeaking()
          .boundary({ t: 'tentative_pause', atMs: 1100, speechEndMs: 1000 })
          .boundary({ t: 'resume', atMs: 1200 }),
      'listening',
    ],
    ['a false start', (h) => h.startSpeaking().boundary({ t: 'misfire', atMs: 1100 }), 'idle'],
    ['speech ends', (h) => h.speak(1000), 'committing'],
    [
      'speech ends in a pause',
      (h) =>
        h
          .startSpeaking()
          .boundary({ t: 'tentative_pause', atMs: 1100, speechEndMs: 1000 })
          .audio(2000)
          .stopSpeaking(),
      'committing',
    ],
    ['the question is attended', (h) => h.speak(1000).ack(), 'answering'],
    ['tokens come', (h) => h.speak(1000).ack().answer('a'), 'answering'],
    ['the answer ends', (h) => h.turn('a'), 'idle'],
    ['barge-in while answering', (h) => h.speak(1000).ack().answer('a').startSpeaking(), 'listening'],
    ['barge-in while committing', (h) => h.speak(1000).startSpeaking(), 'listening'],
    ['cancelled by the client', (h) => h.speak(1000).ack().intent({ k: 'response_cancel' }), 'idle'],
    ['the engine fails the answer', (h) => h.speak(1000).ack().answer().end('error'), 'idle'],
    ['the engine fails the question', (h) => h.speak(1000).failAppend(isFinal, 'engine_failed'), 'idle'],
    ['closed while answering', (h) => h.speak(1000).ack().feed({ t: 'close' }), 'closed'],
    ['speech after the close', (h) => h.feed({ t: 'close' }).startSpeaking(), 'closed'],
  ];
  test.each(there)('%s', (_name, go, state) => {
    const harness = awake();
    go(harness);
    expect(harness.machine.state).toBe(state);
  });

  test('without a response asked for, the end of speech is only committed', () => {
    const harness = awake({ config: { turnDetection: { ...SERVER_VAD, create_response: false } } });
    harness.speak(1000);
    expect(harness.machine.state).toBe('committing');
    harness.ack();
    expect(harness.machine.state).toBe('idle');
    expect(harness.said).not.toContain('response_created');
    harness.intent({ k: 'response_create' });
    expect(harness.machine.state).toBe('answering');
  });

  test('a boundary that does not fit the state changes nothing', () => {
    const harness = awake();
    harness.boundary({ t: 'resume', atMs: 1000 }).boundary({ t: 'misfire', atMs: 1000 });
    harness.boundary({ t: 'tentative_pause', atMs: 1000, speechEndMs: 900 }).stopSpeaking();
    expect(harness.events).toEqual([]);
    expect(harness.startSpeaking().startSpeaking().said).toEqual(['speech_started']);
  });

  test('with manual turn detection boundaries mean nothing', () => {
    const harness = awake({ config: { turnDetection: null } });
    expect(harness.speak(1000).events).toEqual([]);
  });
});

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
    expect(receipt?.frames).toEqual([{ itemId: 'frame_2', ptsMs: 1000 }]);
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
      { type: 'frame_dropped', ptsMs: 1, reason: 'waiting_full' },
    ]);
  });

  test('each one attended is told, each one refused by the engine too', () => {
    const harness = awake().frame(5).frame(6);
    harness.failAppend((append) => append.c === 'append' && append.segment.id === 'frame_2', 'shed').ack();
    expect(harness.events).toEqual([
      { type: 'frame_dropped', ptsMs: 6, reason: 'shed' },
      { type: 'frame_attended', itemId: 'frame_1', ptsMs: 5, tokens: 37 },
    ]);
  });

  test('what the pipeline kept out is told', () => {
    const harness = awake().feed({ t: 'frame_skipped', ptsMs: 7, reason: 'duplicate' });
    expect(harness.events).toEqual([{ type: 'frame_dropped', ptsMs: 7, reason: 'duplicate' }]);
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

describe('barge-in', () => {
  test('aborts, keeps what was sent, ends the response and goes on listening', () => {
    const harness = awake().speak(1000).ack().answer('red', ' one').clear().startSpeaking();
    expect(harness.did).toEqual(['abort', 'accept 2']);
    expect(harness.said).toEqual([
      'text_done',
      'content_part_done',
      'item_done',
      'response_item_done',
      'response_done',
      'turn_timing',
      'speech_started',
    ]);
    const { response } = harness.eventsOf('response_done')[0]!;
    expect(response).toMatchObject({ status: 'cancelled', reason: 'turn_detected' });
    expect(response.output[0]).toMatchObject({
      status: 'incomplete',
      content: [{ type: 'output_text', text: 'red one' }],
    });
  });

  test('what the engine still says of it is not heard', () => {
    const harness = awake().speak(1000).ack().answer('red');
    const { id } = harness.eventsOf('response_created')[0]!.response;
    harness.startSpeaking().clear();
    harness.generated({ t: 'token', id: 1, text: ' one', tMs: 0 }, id);
    harness.generated({ t: 'end', reason: 'aborted', usage: { prompt: 1, cached: 0, out: 1 } }, id);
    harness.feed({ t: 'generation_failed', responseId: id, failure: { code: 'engine_failed', message: '' } });
    expect(harness.events).toEqual([]);
    expect(harness.did).toEqual([]);
  });

  test('before the engine began, the question is open again and the user goes on with it', () => {
    const harness = awake().speak(1000).ack().clear().startSpeaking();
    expect(harness.did).toEqual(['abort', 'rollback']);
    expect(harness.eventsOf('response_done')[0]?.response.output).toEqual([]);
    harness.clear().audio(3000).stopSpeaking().ack();
    expect(harness.did.filter((word) => word !== 'audio block')).toEqual([
      'audio final',
      'mark',
      'close user',
      'generate',
    ]);
  });

  test('while the question is attended there is nothing to abort', () => {
    const harness = awake().speak(1000).clear().startSpeaking();
    expect(harness.commandsOf('abort')).toEqual([]);
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('cancelled');
    expect(harness.ack().commandsOf('generate')).toEqual([]);
  });

  test('without interrupt_response the answer goes on, and the next question waits for its end', () => {
    const harness = awake({ config: { turnDetection: { ...SERVER_VAD, interrupt_response: false } } });
    harness.speak(1000).ack().answer('a').clear().speak(1000);
    expect(harness.machine.state).toBe('answering');
    expect(harness.did).toEqual([]);
    expect(harness.machine.audioNeededFromMs).toBe(2000);
    harness.end();
    expect(harness.did).toEqual(['accept', 'open user', 'audio final']);
    expect(harness.eventsOf('response_created')).toHaveLength(1);
    harness.ack().answer('b').end();
    expect(harness.eventsOf('response_done').map(({ response }) => response.status)).toEqual([
      'completed',
      'completed',
    ]);
  });

  test('without interrupt_response, speech that is under way when the answer ends is streamed from then on', () => {
    const harness = awake({ config: { turnDetection: { ...SERVER_VAD, interrupt_response: false } } });
    harness.speak(1000).ack().answer('a').clear().startSpeaking().audio(3000).end();
    expect(harness.machine.state).toBe('listening');
    expect(harness.did).toEqual(['accept', 'open user', 'audio block', 'audio block', 'audio block']);
  });
});

describe('cancelling', () => {
  test('keeps what was sent', () => {
    const harness = awake().speak(1000).ack().answer('red').clear().intent({ k: 'response_cancel' });
    expect(harness.did).toEqual(['abort', 'accept 1']);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'cancelled',
      reason: 'client_cancelled',
    });
  });

  test.each([
    ['nothing is active', undefined],
    ['another one is active', 'resp_0'],
  ])('is an error where %s', (_name, responseId) => {
    const harness = awake();
    if (responseId) harness.speak(1000).ack();
    harness.intent({
      k: 'response_cancel',
      clientEventId: 'evt_1',
      ...(responseId !== undefined && { responseId }),
    });
    expect(harness.eventsOf('error')[0]?.error).toMatchObject({
      code: 'no_active_response',
      clientEventId: 'evt_1',
    });
    expect(harness.machine.state).toBe(responseId ? 'answering' : 'idle');
  });
});

describe('typed turns', () => {
  test('an item and a response', () => {
    const harness = new MachineHarness().intent(typed('what do you see'));
    expect(harness.did).toEqual([]);
    harness.intent({ k: 'response_create', metadata: { a: 'b' }, maxOutputTokens: 5 });
    expect(harness.did).toEqual(['open user', 'text']);
    harness.ack().answer('a').end();
    expect(harness.did).toEqual(['open user', 'text', 'mark', 'close user', 'generate', 'accept']);
    expect(harness.commandsOf('generate')[0]?.maxTokens).toBe(5);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      metadata: { a: 'b' },
      maxOutputTokens: 5,
    });
    expect(harness.eventsOf('turn_timing')[0]).toMatchObject({ itemId: null, speechEndMs: null });
  });

  test('frames that come between the item and the response stand before the question', () => {
    const harness = awake().intent(typed('q')).frame().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['open user', 'frame', 'text']);
  });

  test('images go in at once and are not to be shed, sound goes in with the question', () => {
    const content = [
      { type: 'input_image', image: { width: 2, height: 2, data: new Uint8Array(12) }, detail: 'low' },
      { type: 'input_audio', pcm: new Float32Array(16_000) },
    ] as const;
    const harness = awake().intent({ k: 'item_create', role: 'user', itemId: 'item_x', content });
    expect(harness.commandsOf('append').at(-1)).toMatchObject({
      priority: 'commit',
      segment: { k: 'frame' },
    });
    harness.ack();
    expect(harness.eventsOf('frame_attended')[0]?.itemId).toBe('item_x');
    harness.intent({ k: 'response_create' }).ack();
    expect(harness.did).toEqual(['open user', 'frame', 'audio', 'mark', 'close user', 'generate']);
    expect(harness.machine.snapshot().items[0]?.content).toEqual([
      { type: 'input_image', detail: 'low' },
      { type: 'input_audio', transcript: null, span: null },
    ]);
  });

  test('typed sound makes the utterance under way go again as a whole', () => {
    const content = [{ type: 'input_audio', pcm: new Float32Array(16_000) }] as const;
    const harness = awake().startSpeaking().audio(2000).intent({ k: 'item_create', role: 'user', content });
    harness.clear().stopSpeaking();
    expect(harness.did).toEqual(['audio', 'audio final']);
    expect(harness.commandsOf('append_audio')[0]).toMatchObject({ fromMs: 700, toMs: 2000 });
  });

  test('a response without anything new answers an empty turn', () => {
    const harness = new MachineHarness().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['open user', 'mark', 'close user', 'generate']);
  });

  test('an answer of the client’s is a turn of its own', () => {
    const content = [{ type: 'output_text', text: 'hello' }] as const;
    const harness = awake().frame().intent({ k: 'item_create', role: 'assistant', content });
    expect(harness.did).toEqual([
      'open user',
      'frame',
      'close user',
      'open assistant',
      'text',
      'close assistant',
    ]);
  });

  test('a system message reaches only a model that takes instructions', () => {
    const create = {
      k: 'item_create',
      role: 'system',
      content: [{ type: 'input_text', text: 'x' }],
    } as const;
    expect(new MachineHarness().intent(create).did).toEqual([]);
    expect(new MachineHarness({ caps: { instructions: true } }).intent(create).did).toEqual([
      'open system',
      'text',
      'close system',
    ]);
  });

  test('items that come while an answer is made wait for its end', () => {
    const harness = awake().speak(1000).ack().answer('a').clear().intent(typed('and now?'));
    expect(harness.did).toEqual([]);
    harness.end().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['accept', 'open user', 'text']);
  });
});

describe('asking for a response', () => {
  test.each([
    ['is made', (h: MachineHarness) => h.speak(1000).ack()],
    ['is about to begin', (h: MachineHarness) => h.startSpeaking().intent({ k: 'response_create' })],
  ])('is an error while one %s', (_name, go) => {
    const harness = awake();
    go(harness);
    harness.clear().intent({ k: 'response_create', clientEventId: 'evt_2' });
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'response_already_active', clientEventId: 'evt_2' } },
    ]);
  });

  test('while the user speaks it waits for the end of speech, and there is one', () => {
    const harness = awake().startSpeaking().intent({ k: 'response_create', maxOutputTokens: 7 });
    expect(harness.said).toEqual(['speech_started']);
    harness.audio(2000).stopSpeaking().ack();
    expect(harness.eventsOf('response_created')).toHaveLength(1);
    expect(harness.commandsOf('generate')[0]?.maxTokens).toBe(7);
  });

  test('while the user speaks by mistake it begins with the misfire', () => {
    const harness = awake().startSpeaking().intent({ k: 'response_create' });
    harness.boundary({ t: 'misfire', atMs: 1100 });
    expect(harness.said).toEqual(['speech_started', 'speech_misfired', 'response_created']);
  });
});

describe('the audio buffer', () => {
  const manual = () => awake({ config: { turnDetection: null } });

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
    expect(harness.clear().stopSpeaking().said).toEqual([]);
  });

  test('a clear while the detector hears speech starts the utterance anew', () => {
    const harness = awake().startSpeaking().audio(2000).intent({ k: 'audio_clear' }).clear();
    harness.audio(2100).stopSpeaking();
    expect(harness.commandsOf('append_audio')).toMatchObject([{ fromMs: 2000, toMs: 2100, final: true }]);
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

describe('items', () => {
  test('are kept in the order that clients ask for', () => {
    const harness = new MachineHarness();
    harness
      .intent({ ...typed('b'), itemId: 'b' })
      .intent({ ...typed('a'), itemId: 'a', previousItemId: 'root' });
    harness
      .intent({ ...typed('c'), itemId: 'c' })
      .intent({ ...typed('d'), itemId: 'd', previousItemId: 'a' });
    expect(harness.machine.snapshot().items.map(({ id }) => id)).toEqual(['a', 'd', 'b', 'c']);
    expect(harness.eventsOf('item_added').map(({ previousItemId }) => previousItemId)).toEqual([
      null,
      null,
      'b',
      'a',
    ]);
  });

  test('that is deleted leaves the context too, once nothing is being answered', () => {
    const harness = awake().speak(1000).ack().answer('a');
    const itemId = harness.eventsOf('audio_committed')[0]?.itemId ?? '';
    const audioId = harness.machine.log.find(({ k }) => k === 'audio')?.id ?? '';
    harness.intent({ k: 'item_delete', itemId });
    expect(harness.commandsOf('redact')).toEqual([]);
    harness.end();
    expect(harness.did.slice(-2)).toEqual(['accept', 'redact']);
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: [audioId] }]);
    harness.feed({ t: 'redacted', freed: 14 });
    expect(harness.eventsOf('context_redacted')).toEqual([
      { type: 'context_redacted', itemIds: [itemId], tokens: 14 },
    ]);
  });

  test('can be read and deleted; what had not reached the context stays out of it', () => {
    const harness = new MachineHarness().intent({ ...typed('x'), itemId: 'x' });
    harness.clear().intent({ k: 'item_retrieve', itemId: 'x' }).intent({ k: 'item_delete', itemId: 'x' });
    expect(harness.said).toEqual(['item_retrieved', 'item_deleted']);
    expect(harness.intent({ k: 'response_create' }).ack().did).not.toContain('text');
    expect(harness.machine.snapshot().items).toEqual([]);
  });

  test('an answer can be truncated, which changes nothing, for it has no sound', () => {
    const harness = awake().turn('a');
    const [user, answer] = harness.machine.snapshot().items;
    const truncate = { k: 'item_truncate', contentIndex: 0, audioEndMs: 5 } as const;
    harness
      .clear()
      .intent({ ...truncate, itemId: answer!.id })
      .intent({ ...truncate, itemId: user!.id });
    expect(harness.events).toMatchObject([
      { type: 'item_truncated', itemId: answer!.id, contentIndex: 0, audioEndMs: 5 },
      { type: 'error', error: { code: 'bad_request' } },
    ]);
  });

  test.each([
    ['item_not_found', { k: 'item_retrieve', itemId: 'nope' }],
    ['item_not_found', { k: 'item_delete', itemId: 'nope' }],
    ['item_not_found', { k: 'item_truncate', itemId: 'nope', contentIndex: 0, audioEndMs: 0 }],
    ['item_not_found', { ...typed('x'), previousItemId: 'nope' }],
    ['bad_request', { ...typed('x'), itemId: 'there' }],
    ['invalid_event', { k: 'item_create', role: 'user', content: [] }],
    ['invalid_event', { k: 'item_create', role: 'user', content: [{ type: 'output_text', text: 'x' }] }],
    [
      'invalid_event',
      { k: 'item_create', role: 'assistant', content: [{ type: 'input_audio', pcm: new Float32Array(1) }] },
    ],
  ] as const)('%s: %j', (code, intent) => {
    const harness = new MachineHarness().intent({ ...typed('y'), itemId: 'there' }).clear();
    harness.intent({ ...intent, clientEventId: 'evt_4' });
    expect(harness.events).toMatchObject([{ type: 'error', error: { code, clientEventId: 'evt_4' } }]);
  });
});

describe('the session', () => {
  test('an update is answered whole, and tells the detector', () => {
    const harness = new MachineHarness();
    const turnDetection = {
      type: 'semantic_vad',
      eagerness: 'high',
      create_response: true,
      interrupt_response: true,
    } as const;
    const config = { instructions: 'x', maxOutputTokens: 9, turnDetection };
    harness.intent({ k: 'session_update', config });
    expect(harness.events).toEqual([{ type: 'session_updated', config }]);
    expect(harness.commands).toEqual([
      {
        c: 'detect',
        settings: {
          threshold: 0.5,
          prefixPaddingMs: 300,
          silenceDurationMs: 300,
          tentativePauseMs: 100,
          bargeInMs: 200,
        },
      },
    ]);
    expect(harness.intent({ k: 'response_create' }).commandsOf('generate')[0]?.maxTokens).toBe(9);
  });

  test('new instructions begin the next turn, for a model that takes them', () => {
    const config = { instructions: 'be brief', maxOutputTokens: 'inf', turnDetection: null } as const;
    const harness = new MachineHarness({ caps: { instructions: true } });
    harness.intent({ k: 'session_update', config }).clear().frame();
    expect(harness.did).toEqual(['open system', 'text', 'close system', 'open user', 'frame']);
    const deaf = new MachineHarness().intent({ k: 'session_update', config }).clear().frame();
    expect(deaf.did).toEqual(['open user', 'frame']);
  });

  test('closing ends the response and everything after is ignored', () => {
    const harness = awake().speak(1000).ack().answer('a').clear().feed({ t: 'close' });
    expect(harness.said.slice(-2)).toEqual(['response_done', 'turn_timing']);
    expect(harness.did.at(-1)).toBe('close');
    expect(harness.clear().intent(typed('x')).frame().events).toEqual([]);
    expect(harness.machine.nextDeadlineMs).toBeNull();
  });
});

describe('failures', () => {
  const failed = { status: 'failed', error: { code: 'engine_failed' } };

  test('a question that the engine refuses fails the response, and the next turn works', () => {
    const harness = awake().speak(1000).failAppend(isFinal, 'engine_failed').ack();
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({ ...failed, output: [] });
    expect(harness.commandsOf('generate')).toEqual([]);
    harness.turn('a');
    expect(harness.eventsOf('response_done')[1]?.response.status).toBe('completed');
  });

  test('a question that the engine refuses is an error where no response was asked for', () => {
    const harness = awake({ config: { turnDetection: null } }).intent({ k: 'audio_commit' });
    harness.failAppend(isFinal, 'engine_failed');
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'engine_failed', clientEventId: null } },
    ]);
  });

  test('a generation that fails before it said anything leaves the question open to be asked again', () => {
    const harness = awake().speak(1000).ack();
    const responseId = harness.machine.snapshot().activeResponseId!;
    harness.clear().feed({
      t: 'generation_failed',
      responseId,
      failure: { code: 'engine_failed', message: 'x' },
    });
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
    expect(harness.did).toEqual(['abort', 'rollback']);
    harness.clear().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['mark', 'close user', 'generate']);
  });

  test('a generation that fails later keeps what was said, and ends the item', () => {
    const harness = awake().speak(1000).ack().answer('red').clear().end('error');
    expect(harness.did).toEqual(['abort', 'accept 1']);
    expect(harness.said.slice(0, 5)).toEqual([
      'text_done',
      'content_part_done',
      'item_done',
      'response_item_done',
      'response_done',
    ]);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
  });

  test('a block that the engine lost too late to send it again fails the response', () => {
    const harness = awake()
      .speak(1000)
      .failAppend((append) => append.c === 'append_audio' && !append.final, 'engine_failed');
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
    expect(harness.ack().commandsOf('generate')).toEqual([]);
  });

  test('a turn that the engine does not close fails the response, and the question is open again', () => {
    const harness = awake().speak(1000);
    while (harness.machine.state === 'committing') harness.ackNext();
    harness.clear().failAppend(() => true, 'engine_failed');
    expect(harness.did).toEqual(['abort', 'rollback']);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn', 'audio']);
  });

  test('a turn that the engine does not open fails the response, and is opened again for the next', () => {
    const harness = awake()
      .speak(1000)
      .failAppend(() => true, 'engine_failed')
      .ack();
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
    expect(harness.clear().frame().did).toEqual(['open user', 'frame']);
  });

  test('a question too long for the context fails with its own code', () => {
    const harness = awake({ caps: { maxContextTokens: 64 } })
      .speak(8000)
      .ack();
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'failed',
      error: { code: 'context_full' },
    });
    expect(harness.commandsOf('generate')).toEqual([]);
  });

  test('an engine that makes no progress fails the response at its deadline', () => {
    const harness = awake({ settings: { engineTimeoutMs: 5000 } })
      .speak(1000)
      .ack()
      .answer('a');
    expect(harness.machine.nextDeadlineMs).toBe(7000);
    harness.feed({ t: 'tick' }, 6999);
    expect(harness.said).not.toContain('response_done');
    harness.feed({ t: 'tick' }, 7000);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject(failed);
    expect(harness.machine.nextDeadlineMs).toBeNull();
  });

  test.each(['mark', 'accept', 'rollback'] as const)(
    'a %s that fails is told, and the session goes on',
    (command) => {
      const harness = awake().turn('a');
      harness.feed({ t: 'command_failed', command, failure: { code: 'engine_failed', message: 'x' } });
      expect(harness.eventsOf('error')).toHaveLength(1);
      expect(harness.turn('b').eventsOf('response_done')).toHaveLength(2);
    },
  );

  test('a microphone that goes dead during speech counts as silent', () => {
    const harness = awake().startSpeaking().audio(1500);
    expect(harness.machine.nextDeadlineMs).toBe(1900);
    harness.feed({ t: 'tick' }, 1900);
    expect(harness.commands.at(-1)).toEqual({ c: 'assume_silence', untilMs: 1900 });
    expect(harness.machine.nextDeadlineMs).toBe(1950);
    harness.boundary({ t: 'speech_end', atMs: 2000, speechEndMs: 1500 }, 2000);
    expect(harness.eventsOf('speech_stopped')[0]?.audioEndMs).toBe(2000);
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ toMs: 1500, final: true });
  });
});
