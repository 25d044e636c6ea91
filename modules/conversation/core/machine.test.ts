import { awake, isFinal, MachineHarness, SERVER_VAD, typed } from '../testing/machine-harness.js';

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

describe('asking for a response', () => {
  test.each([
    ['is made', (h: MachineHarness) => h.speak(1000).ack()],
    ['is about to begin', (h: MachineHarness) => h.startSpeaking().intent({ k: 'response_create' })],
  ])('is an error while one %s', (_name, go) => {
    const harness = awake();
    go(harness);
    harness.clear().intent({ k: 'response_create', clientEventId: 'evt_2' });
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'conversation_already_has_active_response', clientEventId: 'evt_2' } },
    ]);
  });

  test('while the user speaks it waits for the end of speech, and there is one', () => {
    const harness = awake().startSpeaking().intent({ k: 'response_create', maxOutputTokens: 7 });
    expect(harness.said).toEqual(['speech_started']);
    harness.audio(2000).stopSpeaking().ack();
    expect(harness.eventsOf('response_created')).toHaveLength(1);
    expect(harness.commandsOf('generate')[0]?.maxTokens).toBe(7);
  });

  test('what was typed is answered at once, whoever talks, and what he says is another turn as a whole', () => {
    const harness = awake().startSpeaking().audio(2000).ack();
    const [block] = harness.commandsOf('append_audio');
    harness.intent(typed('where is the heart')).intent({ k: 'response_create' }).ack();
    expect(harness.machine.state).toBe('answering');
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn', 'text', 'turn']);
    harness.audio(2500).answer('there').clear().end().audio(3000).stopSpeaking().ack();
    expect(harness.eventsOf('audio_committed')).toHaveLength(1);
    const sent = harness.commandsOf('append_audio');
    expect(sent.some(({ utterance }) => utterance === block?.utterance)).toBe(false);
    expect(sent[0]?.fromMs).toBe(700);
    expect(sent.at(-1)).toMatchObject({ toMs: 3000, final: true });
    expect(harness.eventsOf('response_created')).toHaveLength(1);
  });

  test('while the user speaks by mistake it begins with the misfire', () => {
    const harness = awake().startSpeaking().intent({ k: 'response_create' });
    harness.boundary({ t: 'misfire', atMs: 1100 });
    expect(harness.said).toEqual(['speech_started', 'speech_misfired', 'response_created']);
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
          bargeInMs: 320,
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
