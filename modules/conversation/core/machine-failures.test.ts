import { awake, isFinal } from '../testing/machine-harness.js';

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
    expect(harness.machine.nextDeadlineMs).toBe(3500);
    harness.feed({ t: 'tick' }, 3500);
    expect(harness.commands.at(-1)).toEqual({ c: 'assume_silence', untilMs: 3500 });
    expect(harness.machine.nextDeadlineMs).toBe(3550);
    harness.boundary({ t: 'speech_end', atMs: 2000, speechEndMs: 1500 }, 2000);
    expect(harness.eventsOf('speech_stopped')[0]?.audioEndMs).toBe(2000);
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ toMs: 1500, final: true });
  });
});
