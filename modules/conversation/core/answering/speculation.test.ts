import { SERVER_VAD, type HarnessOptions } from '../../testing/machine-harness.js';
import { ahead, end, pause, resume, speaking } from '../../testing/speech.js';

describe('in a tentative pause', () => {
  test('the utterance is attended after a mark, and answered; nobody is told', () => {
    const harness = ahead(pause(speaking()).ack(), 'red', ' one');
    expect(harness.did).toEqual(['mark', 'audio final', 'mark', 'close user', 'generate']);
    expect(harness.commandsOf('generate')[0]?.speculative).toBe(true);
    expect(harness.events).toEqual([]);
    expect(harness.machine.state).toBe('pausing');
  });

  test('the end of speech sends at once what is there, in the usual order', () => {
    const harness = ahead(pause(speaking()).ack(), 'red', ' one');
    end(harness.clear().audio(2400));
    expect(harness.said).toEqual([
      'speech_stopped',
      'audio_committed',
      'item_added',
      'item_done',
      'speculation_ended',
      'response_created',
      'context_receipt',
      'response_item_added',
      'item_added',
      'content_part_added',
      'text_delta',
      'text_delta',
    ]);
    expect(harness.did).toEqual([]);
    const { responseId } = harness.eventsOf('text_delta')[0]!;
    harness.clear().generated({ t: 'token', id: 3, text: '.', tMs: 0 }, responseId).end();
    expect(harness.did).toEqual(['accept']);
    expect(harness.eventsOf('response_done')[0]?.response.output).toMatchObject([
      { content: [{ type: 'output_text', text: 'red one.' }] },
    ]);
  });

  test('an answer that has ended already is sent whole', () => {
    const harness = ahead(pause(speaking()).ack(), 'red');
    const id = harness.commandsOf('generate')[0]!.responseId;
    harness.generated({ t: 'end', reason: 'stop', usage: { prompt: 61, cached: 0, out: 1 } }, id);
    end(harness.clear().audio(2400));
    expect(harness.said.slice(-2)).toEqual(['response_done', 'turn_timing']);
    expect(harness.did).toEqual(['accept']);
    expect(harness.machine.state).toBe('idle');
  });

  test('an end that comes before the question is attended waits for it, and generates then', () => {
    const harness = pause(speaking()).clear();
    end(harness.audio(2400));
    expect(harness.machine.state).toBe('committing');
    expect(harness.ack().did).toEqual(['mark', 'close user', 'generate']);
    expect(harness.answer('a').end().said.slice(-2)).toEqual(['response_done', 'turn_timing']);
  });

  test('the timing tells what was gained and thrown away', () => {
    const harness = ahead(pause(speaking()).ack(), 'wha', 't');
    resume(harness).audio(2300);
    pause(harness).ack();
    harness.now = 2340;
    ahead(harness, 'red');
    end(harness.audio(2700));
    harness.end();
    expect(harness.eventsOf('turn_timing')[0]).toMatchObject({
      firstTokenAtMs: 2340,
      commitAtMs: 2700,
      prefillMs: 0,
      speculation: { used: true, tries: 2, wastedTokens: 2, gainMs: 40 },
    });
    expect(harness.eventsOf('speculation_ended')).toEqual([
      { type: 'speculation_ended', kind: 'speech', outcome: 'resumed', tokens: 2, gainMs: 0 },
      { type: 'speculation_ended', kind: 'speech', outcome: 'used', tokens: 1, gainMs: 40 },
    ]);
  });

  test('what the sound costs does not count as cached', () => {
    const harness = ahead(pause(speaking()).ack(), 'red');
    end(harness.audio(2400)).end();
    expect(harness.eventsOf('response_done')[0]?.response.usage?.cached.audio).toBe(0);
  });

  test('cancelled after the end and before the engine began, the question is open again', () => {
    const harness = pause(speaking()).ack().clear();
    end(harness.audio(2400)).intent({ k: 'response_cancel' });
    expect(harness.did).toEqual(['abort', 'rollback']);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn', 'audio']);
    expect(harness.intent({ k: 'response_create' }).did.slice(-3)).toEqual([
      'mark',
      'close user',
      'generate',
    ]);
  });
});

describe('when the user goes on', () => {
  test('the engine goes back to the mark, and the sound goes on where it was', () => {
    const harness = ahead(pause(speaking()).ack(), 'red').clear();
    resume(harness).audio(2400);
    expect(harness.did.slice(0, 2)).toEqual(['abort', 'rollback']);
    const runs = harness.commandsOf('append_audio');
    // From 700 in blocks of 320 ms: 1980 had been sent before the pause.
    expect(runs[0]).toMatchObject({ fromMs: 1980, toMs: 2300, final: false });
    expect(harness.said).toEqual(['speculation_ended']);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn']);
  });

  test('frames that came meanwhile go in then, and after the answer where there is one', () => {
    const waiting = pause(speaking()).ack().clear().frame();
    expect(waiting.did).toEqual([]);
    expect(resume(waiting).did).toEqual(['abort', 'rollback', 'frame']);
    const answered = ahead(pause(speaking()).ack(), 'a').clear().frame();
    end(answered.audio(2400)).end();
    expect(answered.did).toEqual(['accept', 'open user', 'frame']);
  });

  test('what the engine still says of it is no news', () => {
    const harness = pause(speaking());
    const rest = resume(harness).ack().clear();
    expect(rest.machine.state).toBe('listening');
    expect(rest.events).toEqual([]);
  });
});

describe('nothing is begun ahead', () => {
  const quiet: [string, HarnessOptions][] = [
    ['where the client does not want it', { config: { turnTaking: { speculation: false } } }],
    ['where the engine cannot', { caps: { speculative: false } }],
    ['where the engine cannot go back', { caps: { rollback: 'none' } }],
    ['of long speech', { settings: { speculationMaxSpeechMs: 500 } }],
    ['where there is no budget', { settings: { speculationWastePerMinute: 0 } }],
    ['where no answer is to come', { config: { turnDetection: { ...SERVER_VAD, create_response: false } } }],
    ['without room in the context', { caps: { maxContextTokens: 24 } }],
  ];
  test.each(quiet)('%s', (_name, options) => {
    expect(pause(speaking(options)).did).toEqual([]);
  });

  test('while a typed question waits', () => {
    const content = [{ type: 'input_text', text: 'and' }] as const;
    const harness = speaking().intent({ k: 'item_create', role: 'user', content }).clear();
    expect(pause(harness).did).toEqual([]);
  });

  test('more often than a turn may; the next turn may again', () => {
    const harness = speaking({ settings: { speculationTries: 2 } });
    for (let i = 0; i < 4; i++) resume(pause(harness).ack());
    expect(harness.commandsOf('generate')).toHaveLength(2);
    end(harness.audio(3000)).ack().answer('a').end();
    harness.startSpeaking().audio(4000);
    pause(harness).ack();
    expect(harness.commandsOf('generate').filter(({ speculative }) => speculative)).toHaveLength(3);
  });

  test('once too much was thrown away, until that is a while ago', () => {
    const harness = speaking({ settings: { speculationWastePerMinute: 2 } });
    resume(ahead(pause(harness).ack(), 'a', 'b'));
    expect(
      pause(resume(pause(harness)))
        .ack()
        .commandsOf('generate'),
    ).toHaveLength(1);
    harness.boundary({ t: 'resume', atMs: harness.now });
    harness.now += 40_000;
    expect(pause(harness).ack().commandsOf('generate')).toHaveLength(2);
  });
});

describe('what was begun ahead is taken back', () => {
  const content = [{ type: 'input_text', text: 'and' }] as const;
  test.each([
    ['an item', { k: 'item_create', role: 'user', content }],
    ['a commit', { k: 'audio_commit' }],
    ['a clear', { k: 'audio_clear' }],
    [
      'an update',
      { k: 'session_update', config: { instructions: '', maxOutputTokens: 3, turnDetection: null } },
    ],
    ['a wish for a response', { k: 'response_create' }],
  ] as const)('by %s of the client’s', (_name, intent) => {
    const harness = ahead(pause(speaking()).ack(), 'a').clear().intent(intent);
    expect(harness.did.slice(0, 2)).toEqual(['abort', 'rollback']);
    expect(harness.eventsOf('speculation_ended')).toMatchObject([{ outcome: 'withdrawn', tokens: 1 }]);
  });

  test('by a failure of the engine, and the turn is answered as usual', () => {
    const harness = pause(speaking());
    harness.failAppend((append) => append.c === 'append_audio' && append.final, 'engine_failed').clear();
    end(harness.audio(2400));
    expect(harness.did).toEqual(['audio final']);
    expect(harness.ack().answer('a').end().eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test('by a generation that fails', () => {
    const harness = pause(speaking()).ack();
    const { responseId } = harness.commandsOf('generate')[0]!;
    harness.clear();
    harness.feed({ t: 'generation_failed', responseId, failure: { code: 'engine_failed', message: '' } });
    expect(harness.did).toEqual(['abort', 'rollback']);
    expect(harness.eventsOf('speculation_ended')).toMatchObject([{ outcome: 'failed' }]);
    end(harness.audio(2400)).ack().answer('a').end();
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test('by an engine that makes no progress', () => {
    const harness = pause(speaking({ settings: { engineTimeoutMs: 5000, audioStallMs: 60_000 } })).clear();
    expect(harness.machine.nextDeadlineMs).toBe(7000);
    harness.feed({ t: 'tick' }, 7000);
    expect(harness.eventsOf('speculation_ended')).toMatchObject([{ outcome: 'failed' }]);
  });
});
