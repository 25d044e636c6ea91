import { awake, SERVER_VAD } from '../../testing/machine-harness.js';

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
      code: 'response_cancel_not_active',
      clientEventId: 'evt_1',
    });
    expect(harness.machine.state).toBe(responseId ? 'answering' : 'idle');
  });
});
