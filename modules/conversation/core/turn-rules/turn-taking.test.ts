import type { TurnTaking } from '../config.js';
import { MachineHarness, SERVER_VAD } from '../../testing/machine-harness.js';

const PLAIN: TurnTaking = { speculation: false, bargeInMs: 200, readingCharsPerS: null, visualTurns: false };

const awake = (
  turnTaking: Partial<TurnTaking> = {},
  turnDetection: typeof SERVER_VAD | object = SERVER_VAD,
) =>
  new MachineHarness({
    config: {
      turnTaking: { ...PLAIN, ...turnTaking },
      turnDetection: { ...SERVER_VAD, ...turnDetection },
    },
    settings: { audioStallMs: 60_000 },
  }).audio(1000);
/** An answer is made, and has said one token. */
const answering = (turnTaking: Partial<TurnTaking> = {}) =>
  awake(turnTaking).speak(1000).ack().answer('red').clear();

describe('speech during an answer', () => {
  test('holds the answer back until it is more than a cough, and ends it then', () => {
    const harness = answering().startSpeaking();
    harness.generated({ t: 'token', id: 1, text: ' one', tMs: 0 });
    expect(harness.said).toEqual(['speech_started']);
    expect(harness.did).toEqual([]);
    harness.boundary({ t: 'speech_established', atMs: harness.now });
    expect(harness.did).toEqual(['abort', 'accept 1']);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'cancelled',
      reason: 'turn_detected',
      output: [{ content: [{ type: 'output_text', text: 'red' }] }],
    });
    expect(harness.machine.state).toBe('listening');
  });

  test.each(['speech_end', 'misfire'] as const)(
    'that was a cough (%s) lets the answer go on with what was held back',
    (t) => {
      const harness = answering().startSpeaking();
      harness.generated({ t: 'token', id: 1, text: ' one', tMs: 0 }).end();
      harness.clear().audio(harness.now + 300);
      harness.boundary({ t, atMs: harness.now, speechEndMs: harness.now - 200 });
      expect(harness.said.slice(0, 3)).toEqual(['speech_misfired', 'text_delta', 'text_done']);
      expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
        status: 'completed',
        output: [{ content: [{ type: 'output_text', text: 'red one' }] }],
      });
      expect(harness.did.filter((word) => word !== 'disown')).toEqual(['accept']);
      expect(harness.machine.snapshot().items).toHaveLength(2);
    },
  );

  test('that the client commits is meant', () => {
    const harness = answering().startSpeaking();
    harness.audio(harness.now + 300).intent({ k: 'audio_commit' });
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('cancelled');
    expect(harness.said).toContain('audio_committed');
  });

  test('ends it at once where no minimum is set', () => {
    expect(answering({ bargeInMs: 0 }).startSpeaking().did).toEqual(['abort', 'accept 1']);
  });

  test('that goes on when the client has cancelled is answered', () => {
    const harness = answering().startSpeaking().intent({ k: 'response_cancel' });
    harness.audio(harness.now + 1000).stopSpeaking();
    expect(harness.eventsOf('audio_committed')).toHaveLength(1);
    expect(harness.machine.state).toBe('committing');
  });
});

describe('where answers are read aloud', () => {
  test('speech that begins while one is made is not heard', () => {
    const harness = answering({ readingCharsPerS: 10 }).startSpeaking();
    harness.boundary({ t: 'speech_established', atMs: harness.now }).stopSpeaking();
    expect(harness.events).toEqual([]);
    expect(harness.machine.state).toBe('answering');
  });

  test('nor while it would still be read', () => {
    // "red" at 10 characters a second.
    const harness = answering({ readingCharsPerS: 10 }).end().clear();
    harness.audio(harness.now + 290).startSpeaking();
    expect(harness.events).toEqual([]);
    harness.audio(harness.now + 20).startSpeaking();
    expect(harness.said).toEqual(['speech_started']);
  });

  test.each(['reading_stopped', 'response_cancel'] as const)('but after a %s', (k) => {
    const harness = answering({ readingCharsPerS: 10 }).end().intent({ k }).clear();
    expect(harness.startSpeaking().said).toEqual(['speech_started']);
  });
});

describe('the idle timeout', () => {
  const waiting = () => awake({}, { idle_timeout_ms: 5000 }).turn('a').clear();

  test('counts from the end of the answer; the silence becomes an item and is answered', () => {
    const harness = waiting();
    expect(harness.machine.nextDeadlineMs).toBe(7000);
    harness.audio(7000).feed({ t: 'tick' });
    expect(harness.said.slice(0, 5)).toEqual([
      'timeout_triggered',
      'audio_committed',
      'item_added',
      'item_done',
      'response_created',
    ]);
    const [timeout] = harness.eventsOf('timeout_triggered');
    expect(timeout).toMatchObject({ audioStartMs: 2000, audioEndMs: 7000 });
    expect(timeout?.itemId).toBe(harness.eventsOf('audio_committed')[0]?.itemId);
    expect(harness.commandsOf('append_audio')).toMatchObject([{ fromMs: 2000, toMs: 7000, final: true }]);
  });

  test('asks an empty room once', () => {
    const harness = waiting().audio(7000).feed({ t: 'tick' }).ack().answer('b').end();
    expect(harness.machine.nextDeadlineMs).toBeNull();
    harness.turn('c');
    expect(harness.machine.nextDeadlineMs).not.toBeNull();
  });

  test('begins anew with speech that was none', () => {
    const harness = waiting().audio(4000).startSpeaking().audio(4500);
    harness.boundary({ t: 'misfire', atMs: 4500 });
    expect(harness.machine.nextDeadlineMs).toBe(9500);
  });

  test('does not run before the first answer, nor while somebody speaks', () => {
    expect(awake({}, { idle_timeout_ms: 5000 }).machine.nextDeadlineMs).toBeNull();
    expect(waiting().startSpeaking().machine.nextDeadlineMs).toBeGreaterThan(60_000);
  });

  test('keeps the sound of the silence', () => {
    expect(waiting().audio(6500).machine.audioNeededFromMs).toBe(2000);
  });

  test('without any sound nothing happens', () => {
    const harness = waiting().feed({ t: 'tick' }, 7000);
    expect(harness.events).toEqual([]);
    expect(harness.machine.nextDeadlineMs).toBeNull();
  });
});

describe('visual turns', () => {
  const watching = () => awake({ visualTurns: true }).frame().ack();
  const probe = (harness: MachineHarness) => harness.commandsOf('generate').at(-1)?.responseId ?? '';
  const base = { seq: 0, epoch: 0, tokens: 40 };
  const usage = { prompt: 41, cached: 0, out: 0 };

  test('a frame in idle time makes the model be asked; its silence is rolled back', () => {
    const harness = watching();
    expect(harness.did).toEqual(['open user', 'frame', 'mark', 'mark', 'close user', 'generate']);
    harness.clear().generated({ t: 'end', reason: 'stop', usage }, probe(watching()));
    expect(harness.did).toEqual(['abort', 'rollback']);
    expect(harness.eventsOf('speculation_ended')).toMatchObject([{ kind: 'visual', outcome: 'silent' }]);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['turn', 'frame']);
    expect(harness.said).not.toContain('response_created');
  });

  test('what it has to say is an answer', () => {
    const harness = watching();
    const id = probe(harness);
    harness.generated({ t: 'start', genId: 'g', base }, id);
    harness.generated({ t: 'token', id: 1, text: 'Look.', tMs: 0 }, id);
    harness.generated({ t: 'end', reason: 'stop', usage }, id);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'completed',
      metadata: { trigger: 'visual' },
      output: [{ content: [{ type: 'output_text', text: 'Look.' }] }],
    });
    expect(harness.did.at(-1)).toBe('accept');
    // Not on the heels of a remark.
    harness.now += 4000;
    expect(harness.clear().frame().ack().commandsOf('generate')).toEqual([]);
    harness.now += 2000;
    expect(harness.frame().ack().commandsOf('generate')).toHaveLength(1);
  });

  test('speech takes the question back, and frames wait meanwhile', () => {
    const harness = watching().clear().frame();
    expect(harness.did).toEqual([]);
    harness.startSpeaking();
    expect(harness.did).toEqual(['abort', 'rollback', 'frame']);
    expect(harness.said).toEqual(['speculation_ended', 'speech_started']);
  });

  test('only where they are wanted, nobody speaks, and not too often', () => {
    expect(awake().frame().ack().commandsOf('generate')).toEqual([]);
    expect(awake({ visualTurns: true }).startSpeaking().frame().ack().commandsOf('generate')).toEqual([]);
    const harness = watching();
    harness.generated({ t: 'end', reason: 'stop', usage }, probe(harness));
    harness.now += 500;
    expect(harness.clear().frame().ack().commandsOf('generate')).toEqual([]);
  });
});
