import {
  awake,
  isFinal,
  typed,
  type HarnessOptions,
  type MachineHarness,
} from '../../../testing/machine-harness.js';

const WRITE_DOWN = { en: 'write it down', zh: '写下来' };
const EAR: HarnessOptions = {
  caps: { writeDown: WRITE_DOWN },
  config: { transcription: { language: null } },
};
const base = { seq: 0, epoch: 0, tokens: 20 };

function writes(harness: MachineHarness, ...tokens: string[]): MachineHarness {
  const { responseId } = harness.commandsOf('aside').at(-1)!;
  harness.generated({ t: 'start', genId: 'g', base }, responseId);
  tokens.forEach((text, id) => harness.generated({ t: 'token', id, text, tMs: 0 }, responseId));
  const usage = { prompt: 21, cached: 0, out: tokens.length };
  return harness.generated({ t: 'end', reason: 'stop', usage }, responseId);
}
const shed = (harness: MachineHarness) => {
  const { responseId } = harness.commandsOf('aside').at(-1)!;
  const failure = { code: 'shed', message: 'too much to do' } as const;
  return harness.feed({ t: 'generation_failed', responseId, failure });
};

describe('what was said', () => {
  test('is written down after the answer, beside the conversation', () => {
    const harness = awake(EAR).speak(1000).ack().answer('red');
    expect(harness.did).not.toContain('aside');
    harness.end();
    const [aside] = harness.commandsOf('aside');
    expect(aside).toMatchObject({
      idle: true,
      segments: [{ edge: 'open' }, { k: 'known' }, { k: 'text', text: 'write it down' }, { edge: 'close' }],
    });
    const log = [...harness.machine.log];
    harness.events.length = 0;
    writes(harness, ' what', ' color');
    const { itemId } = harness.eventsOf('transcript_completed')[0]!;
    expect(harness.events).toMatchObject([
      { type: 'transcript_delta', itemId, delta: ' what' },
      { type: 'transcript_delta', itemId, delta: ' color' },
      { type: 'transcript_completed', itemId, transcript: 'what color' },
    ]);
    expect(harness.eventsOf('transcript_completed')[0]?.usage).toEqual({ text: 8, audio: 13, output: 2 });
    expect(harness.machine.log).toEqual(log);
    harness.intent({ k: 'item_retrieve', itemId });
    expect(harness.eventsOf('item_retrieved')[0]?.item).toMatchObject({
      content: [{ type: 'input_audio', transcript: 'what color' }],
    });
  });

  test.each([
    ['zh-CN', WRITE_DOWN.zh],
    ['en', WRITE_DOWN.en],
    ['fr', WRITE_DOWN.en],
  ])('is asked for in the language that is known: %s', (language, text) => {
    const harness = awake({ ...EAR, config: { transcription: { language } } }).turn('a');
    expect(harness.commandsOf('aside')[0]?.segments[2]).toMatchObject({ text });
  });

  test('waits while somebody speaks or is answered, and one is written after the other', () => {
    const harness = awake(EAR).turn('a').startSpeaking();
    harness
      .audio(harness.now + 1000)
      .stopSpeaking()
      .ack();
    writes(harness, 'one');
    harness.answer('b');
    expect(harness.commandsOf('aside')).toHaveLength(1);
    harness.end();
    expect(harness.commandsOf('aside')).toHaveLength(2);
    writes(harness, 'two');
    expect(harness.eventsOf('transcript_completed').map(({ transcript }) => transcript)).toEqual([
      'one',
      'two',
    ]);
  });

  test('is tried again where the engine has too much to do, and not for ever', () => {
    const harness = awake(EAR).turn('a');
    for (let tries = 1; tries < 5; tries++) {
      shed(harness);
      expect(harness.commandsOf('aside')).toHaveLength(tries);
      harness.feed({ t: 'tick' }, harness.machine.nextDeadlineMs!);
      expect(harness.commandsOf('aside')).toHaveLength(tries + 1);
    }
    expect(harness.eventsOf('transcript_failed')).toEqual([]);
    shed(harness);
    expect(harness.eventsOf('transcript_failed')).toMatchObject([{ code: 'transcription_failed' }]);
  });

  test('sets no timer once it is due, while somebody talks', () => {
    const harness = awake(EAR).turn('a');
    shed(harness);
    const dueMs = harness.machine.nextDeadlineMs!;
    harness.startSpeaking();
    harness.feed({ t: 'tick' }, dueMs);
    expect(harness.commandsOf('aside')).toHaveLength(1);
    expect(harness.machine.nextDeadlineMs ?? Infinity).toBeGreaterThan(dueMs);
  });

  test('fails where the model writes nothing down, and where it never got into the context', () => {
    const deaf = awake({ config: { transcription: { language: null } } }).turn('a');
    expect(deaf.eventsOf('transcript_failed')).toHaveLength(1);
    const lost = awake(EAR).speak(1000).failAppend(isFinal, 'engine_failed').ack();
    expect(lost.eventsOf('transcript_failed')).toHaveLength(1);
    expect(lost.commandsOf('aside')).toEqual([]);
  });

  test('fails where the engine makes no progress', () => {
    const harness = awake(EAR).turn('a');
    harness.feed({ t: 'tick' }, harness.machine.nextDeadlineMs!);
    expect(harness.eventsOf('transcript_failed')).toHaveLength(1);
    expect(harness.did.at(-1)).toBe('abort');
  });

  test('is not told of an item that was deleted, nor asked for where nobody wants it', () => {
    const harness = awake(EAR).turn('a');
    const [spoken] = harness.machine.snapshot().items;
    harness.intent({ k: 'item_delete', itemId: spoken!.id });
    writes(harness, 'x');
    expect(harness.said.filter((type) => type.startsWith('transcript'))).toEqual([]);
    expect(
      awake({ caps: { writeDown: WRITE_DOWN } })
        .turn('a')
        .commandsOf('aside'),
    ).toEqual([]);
    const written = awake(EAR).intent(typed('q')).intent({ k: 'response_create' }).ack().answer('a').end();
    expect(written.commandsOf('aside')).toEqual([]);
  });
});
