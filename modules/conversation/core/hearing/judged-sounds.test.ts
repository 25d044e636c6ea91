import type { EngineCaps } from '#modules/contracts';
import type { Boundary, Told } from '../inputs.js';
import { MachineHarness, SEMANTIC_VAD, type HarnessOptions } from '../../testing/machine-harness.js';

const JUDGE = { turnEnd: true, speech: true };
const EAR: Partial<EngineCaps> = { turnEnd: true, heads: ['turnEnd', 'notForMe', 'interrupts'] };

const awake = (options: HarnessOptions = {}) =>
  new MachineHarness({
    judge: JUDGE,
    ...options,
    config: { turnTaking: { speculation: false, bargeInMs: null }, ...options.config },
    settings: { audioStallMs: 60_000, ...options.settings },
  }).audio(1000);
/** An answer is made, and has said one token. */
const answering = (options?: HarnessOptions) => awake(options).speak(2000).ack().answer('red').clear();

function at(harness: MachineHarness, boundary: Boundary): MachineHarness {
  return harness.boundary(boundary);
}
/** So much speech, then the pause in which it may be over. */
function speakAndPause(harness: MachineHarness, ms: number): MachineHarness {
  harness.startSpeaking().audio(harness.now + ms);
  const speechEndMs = harness.now;
  return at(harness.audio(harness.now + 100), { t: 'tentative_pause', atMs: harness.now, speechEndMs });
}
function judged(harness: MachineHarness, told: Told): MachineHarness {
  const { ref } = harness.commandsOf('judge').at(-1)!;
  return harness.feed({ t: 'judged', ref, told });
}
function silence(harness: MachineHarness): MachineHarness {
  harness.audio(harness.now + 400);
  return at(harness, { t: 'speech_end', atMs: harness.now, speechEndMs: harness.now - 500 });
}
const silences = (harness: MachineHarness) =>
  harness.commandsOf('detect').map(({ settings }) => settings?.silenceDurationMs);

describe('a sound that holds no question', () => {
  test('is judged in its pause, and leaves no item and no answer', () => {
    const harness = speakAndPause(awake(), 1500).audio(3000);
    const [command, ...more] = harness.commandsOf('judge');
    expect(more).toEqual([]);
    expect(command).toMatchObject({ fromMs: 700, toMs: 2600, ear: false, turnEnd: false });
    silence(judged(harness, { speech: 0.05 }));
    expect(harness.said.slice(-2)).toEqual(['speech_started', 'speech_misfired']);
    expect(harness.machine.snapshot().items).toEqual([]);
    expect(harness.machine.state).toBe('idle');
    expect(harness.commandsOf('disown')).toHaveLength(1);
  });

  test('is told of that also where its sound has to go to the model again meanwhile', () => {
    const harness = speakAndPause(awake(), 1500).ack();
    const item = { k: 'item_create', role: 'user', content: [{ type: 'input_text', text: 'red?' }] } as const;
    harness.intent(item).intent({ k: 'response_create' }).ack();
    harness.answer('yes').end();
    silence(judged(harness, { speech: 0.05 }));
    expect(harness.said).not.toContain('audio_committed');
    expect(harness.said).toContain('speech_misfired');
  });

  test('is let go by a commit by hand as well, whatever was made of its pause', () => {
    const harness = awake({ config: { turnDetection: SEMANTIC_VAD }, settings: { turnModel: 'smart-turn' } });
    judged(speakAndPause(harness, 1500), { turnEnd: 0.01, speech: 0.9 });
    harness.intent({ k: 'audio_commit' });
    expect(harness.said).toContain('audio_committed');
    expect(silences(harness)).toEqual([1800, 500]);
    expect(harness.commands.at(-1)).toMatchObject({ c: 'detect_anew' });
  });

  test('but for its sound is a turn like any other', () => {
    const harness = silence(judged(speakAndPause(awake(), 1500), { speech: 0.97 }));
    expect(harness.said).toContain('audio_committed');
    expect(harness.commandsOf('disown')).toEqual([]);
  });

  test('and of which nothing is told in time is a turn', () => {
    expect(silence(speakAndPause(awake(), 1500)).said).toContain('audio_committed');
  });

  test('keeps nobody waiting, however unfinished it is', () => {
    const harness = awake({ config: { turnDetection: SEMANTIC_VAD }, settings: { turnModel: 'smart-turn' } });
    judged(speakAndPause(harness, 1500), { turnEnd: 0.01, speech: 0.9 });
    expect(silences(harness)).toEqual([1800]);
    const other = awake({ config: { turnDetection: SEMANTIC_VAD }, settings: { turnModel: 'smart-turn' } });
    judged(speakAndPause(other, 1500), { turnEnd: 0.01, speech: 0.05 });
    expect(silences(other)).toEqual([]);
  });

  test('is told by the ear of the model that attends it ahead', () => {
    const harness = awake({ caps: EAR, config: { turnTaking: { speculation: true, bargeInMs: null } } });
    speakAndPause(harness, 1500);
    const { ref } = harness.commandsOf('append_audio').at(-1)!;
    const receipt = {
      at: { seq: 0, epoch: 0, tokens: 40 },
      tokens: 13,
      ms: { queue: 0, encode: 0, prefill: 0 },
    };
    harness.feed({ t: 'appended', ref, receipt: { ...receipt, turnEnd: 0.9, notForMe: 0.8 } });
    silence(harness);
    expect(harness.did).toContain('rollback');
    expect(harness.said).not.toContain('audio_committed');
    expect(harness.said.at(-1)).toBe('speech_misfired');
  });

  test.each([
    ['that was finished makes no turn of its own', 0.9, ['speech_started', 'speech_misfired']],
    ['that was cut off is the rest of it', 0.1, ['speech_started', 'speech_stopped', 'audio_committed']],
  ])('close behind a question %s', (_name, turnEnd, said) => {
    const harness = awake({ settings: { turnModel: 'smart-turn' } });
    silence(judged(speakAndPause(harness, 1500), { speech: 1, turnEnd }))
      .ack()
      .answer('red')
      .end();
    harness.clear().audio(harness.now + 100);
    silence(judged(speakAndPause(harness, 300), { speech: 0.9 }));
    expect(harness.said.slice(0, said.length)).toEqual(said);
  });
});

describe('talk among others', () => {
  const talked = (harness: MachineHarness, notForMe: number) =>
    silence(judged(speakAndPause(harness.clear(), 3000), { speech: 0.9, notForMe }));

  test('makes what is in some doubt theirs, until somebody asks the model', () => {
    expect(talked(awake(), 0.08).said).toContain('audio_committed');
    const harness = talked(awake(), 0.6);
    expect(talked(harness, 0.08).said.at(-1)).toBe('speech_misfired');
    expect(talked(harness, 0.01).said).toContain('audio_committed');
    harness
      .ack()
      .answer('red')
      .end()
      .audio(harness.now + 3000);
    expect(talked(harness, 0.08).said).toContain('audio_committed');
  });
});

describe('somebody softer before the caller', () => {
  test('is no part of the utterance, whose item stays the same', () => {
    const harness = awake().startSpeaking().audio(3000);
    at(harness, { t: 'speech_outshone', atMs: 3000, startMs: 2700 });
    silence(judged(speakAndPause(harness, 1000), { speech: 1 }));
    const [started] = harness.eventsOf('speech_started');
    expect(harness.eventsOf('audio_committed')).toMatchObject([{ itemId: started?.itemId }]);
    expect(harness.commandsOf('append_audio').at(-1)).toMatchObject({ final: true });
    expect(harness.machine.snapshot().items[0]).toMatchObject({ content: [{ span: { startMs: 2600 } }] });
  });
});

describe('Smart Turn', () => {
  const listening = (turnModel: 'auto' | 'model' | 'smart-turn' | 'none', caps: Partial<EngineCaps> = {}) =>
    awake({ caps, config: { turnDetection: SEMANTIC_VAD }, settings: { turnModel } });

  test.each([
    ['auto, where the model has no head', 'auto', {}, true],
    ['auto, where the model has one', 'auto', EAR, false],
    ['the model alone', 'model', {}, false],
    ['smart-turn, whatever the model has', 'smart-turn', EAR, true],
    ['none', 'none', EAR, false],
  ] as const)('is asked by %s', (_name, turnModel, caps, asked) => {
    const harness = speakAndPause(listening(turnModel, caps), 1500);
    expect(harness.commandsOf('judge').map(({ turnEnd }) => turnEnd)).toEqual([asked]);
  });

  test('says how long the silence is to be', () => {
    const harness = judged(speakAndPause(listening('auto'), 1500), { turnEnd: 0.97, speech: 1 });
    expect(silences(harness)).toEqual([300]);
  });

  test('server_vad takes no notice', () => {
    const harness = awake({ settings: { turnModel: 'smart-turn' } });
    expect(silences(judged(speakAndPause(harness, 1500), { turnEnd: 0.97, speech: 1 }))).toEqual([]);
  });

  test('a greeting may be the beginning of more', () => {
    const harness = judged(speakAndPause(listening('auto'), 450), { turnEnd: 0.99, speech: 1 });
    expect(silences(harness).at(-1)).toBeGreaterThan(600);
  });

  test('a syllable behind what was finished makes it no less so', () => {
    const harness = judged(speakAndPause(listening('auto'), 1500), { turnEnd: 0.97, speech: 1 });
    at(harness, { t: 'resume', atMs: harness.now });
    harness.clear().audio(harness.now + 150);
    at(harness, { t: 'tentative_pause', atMs: harness.now + 100, speechEndMs: harness.now });
    judged(harness, { turnEnd: 0.02, speech: 1 });
    expect(silences(harness).at(-1)).toBe(300);
    at(harness, { t: 'resume', atMs: harness.now });
    harness.clear().audio(harness.now + 800);
    at(harness, { t: 'tentative_pause', atMs: harness.now + 100, speechEndMs: harness.now });
    judged(harness, { turnEnd: 0.02, speech: 1 });
    expect(silences(harness).at(-1)).toBe(1800);
  });

  test('but an "umm" is no beginning that was finished', () => {
    const harness = speakAndPause(listening('smart-turn', EAR), 300);
    judged(harness, { turnEnd: 0.97, speech: 1, notForMe: 0.7 });
    at(harness, { t: 'resume', atMs: harness.now });
    harness.clear().audio(harness.now + 1300);
    harness.now -= 1000;
    at(harness, { t: 'tentative_pause', atMs: harness.now + 100, speechEndMs: harness.now });
    judged(harness, { turnEnd: 0.02, speech: 1, notForMe: 0.01 });
    expect(silences(harness).at(-1)).toBe(1800);
  });
});

describe('speech during an answer', () => {
  const speaking = (harness: MachineHarness, ms: number, loudness = {}) => {
    harness.startSpeaking().audio(harness.now + ms);
    return at(harness, { t: 'speech_established', atMs: harness.now, ...loudness });
  };
  const cancelled = (harness: MachineHarness) => harness.eventsOf('response_done').length > 0;

  test('that lasts is meant, where no ear tells', () => {
    const harness = judged(speaking(answering(), 320), { speech: 0.95 });
    judged(harness.audio(harness.now + 500), { speech: 0.95 });
    expect(cancelled(harness)).toBe(false);
    expect(cancelled(harness.audio(harness.now + 100))).toBe(true);
  });

  test('with a raised voice is meant once it is known to be words, where no ear tells', () => {
    const harness = speaking(answering(), 320, { levelDb: -8, callerDb: -15 });
    expect(cancelled(harness)).toBe(false);
    expect(cancelled(judged(harness, { speech: 0.95 }))).toBe(true);
    const usual = judged(speaking(answering(), 320, { levelDb: -12, callerDb: -15 }), { speech: 0.95 });
    expect(cancelled(usual)).toBe(false);
  });

  test('is not, where it is hardly speech', () => {
    const harness = judged(speaking(answering(), 320), { speech: 0.05 });
    for (let i = 0; i < 10; i++) judged(harness.audio(harness.now + 300), { speech: 0.05 });
    expect(cancelled(harness)).toBe(false);
    at(harness, { t: 'speech_end', atMs: harness.now, speechEndMs: harness.now });
    expect(harness.said.at(-1)).toBe('speech_misfired');
    expect(harness.machine.state).toBe('answering');
  });

  test('ends the answer by its length where the judge is slow', () => {
    expect(cancelled(speaking(answering(), 320).audio(4900))).toBe(true);
  });

  const pausing = (harness: MachineHarness) =>
    at(harness, { t: 'tentative_pause', atMs: harness.now + 100, speechEndMs: harness.now });

  test('"uh-huh" lets it go on, "stop" ends it, says the ear that has heard it out', () => {
    const agreeing = judged(speaking(answering({ caps: EAR }), 350), { interrupts: 0.9, notForMe: 0.1 });
    expect(agreeing.commandsOf('judge')).toMatchObject([{ ear: true }]);
    judged(pausing(agreeing), { interrupts: 0.1, notForMe: 0.7 });
    at(agreeing, { t: 'speech_end', atMs: agreeing.now, speechEndMs: agreeing.now - 200 });
    expect(cancelled(agreeing)).toBe(false);
    const stopping = judged(speaking(answering({ caps: EAR }), 350), { interrupts: 0.9, notForMe: 0.1 });
    expect(cancelled(pausing(stopping))).toBe(false);
    expect(cancelled(judged(stopping, { interrupts: 0.9, notForMe: 0.1 }))).toBe(true);
    expect(stopping.machine.state).toBe('pausing');
  });

  test('"stop" ends it at the end of its silence, where the ear is late', () => {
    const harness = judged(speaking(answering({ caps: EAR }), 350), { interrupts: 0.9, notForMe: 0.1 });
    pausing(harness);
    at(harness, { t: 'speech_end', atMs: harness.now, speechEndMs: harness.now - 500 });
    expect(cancelled(harness)).toBe(true);
  });

  test('is asked of again while it goes on, and ends it when it is told twice', () => {
    const harness = judged(speaking(answering({ caps: EAR }), 350), { interrupts: 0.97, notForMe: 0.1 });
    expect(cancelled(harness)).toBe(false);
    harness.audio(harness.now + 260);
    expect(harness.commandsOf('judge')).toHaveLength(2);
    expect(cancelled(judged(harness, { interrupts: 0.97 }))).toBe(true);
  });

  test('that goes on behind a pause does not end it by that', () => {
    const harness = judged(speaking(answering({ caps: EAR }), 350), { interrupts: 0.1, notForMe: 0.4 });
    judged(harness.audio(harness.now + 600), { interrupts: 0.1, notForMe: 0.4 });
    judged(pausing(harness), { interrupts: 0.1, notForMe: 0.4 });
    at(harness, { t: 'resume', atMs: harness.now + 200 });
    expect(cancelled(harness.audio(harness.now + 400))).toBe(false);
  });

  test.each([
    ['far from the microphone', -38, null],
    ['far softer than the caller', -38, -20],
  ])('of somebody %s is let go by: the answer is told meanwhile', (_name, levelDb, callerDb) => {
    const far = speaking(answering(), 320, { levelDb, callerDb }).clear();
    far.answer('and').audio(far.now + 3000);
    expect(far.said).toContain('text_delta');
    expect(far.commandsOf('judge')).toEqual([]);
    at(far, { t: 'speech_end', atMs: far.now, speechEndMs: far.now - 500 });
    expect(far.said.at(-1)).toBe('speech_misfired');
    expect(cancelled(far)).toBe(false);
  });

  test('of a caller who is as soft ends it', () => {
    const soft = judged(speaking(answering(), 320, { levelDb: -38, callerDb: -38 }), { speech: 0.9 });
    expect(cancelled(soft.audio(soft.now + 700))).toBe(true);
  });

  test('of the caller behind somebody softer holds the answer up again, and ends it', () => {
    const harness = speaking(answering(), 320, { levelDb: -45, callerDb: -20 }).audio(5000);
    at(harness, { t: 'speech_outshone', atMs: harness.now, startMs: harness.now - 250 });
    const loud = { levelDb: -19, callerDb: -20 };
    judged(at(harness, { t: 'speech_established', atMs: harness.now, ...loud }), { speech: 1 });
    expect(cancelled(harness)).toBe(false);
    expect(cancelled(harness.audio(harness.now + 700))).toBe(true);
  });

  test('of the length that the client wants ends it, whatever it is', () => {
    const config = { turnTaking: { speculation: false, bargeInMs: 200 } };
    expect(cancelled(speaking(answering({ caps: EAR, config }), 200))).toBe(true);
    expect(cancelled(speaking(answering({ config }), 200, { levelDb: -38, callerDb: null }))).toBe(true);
    expect(cancelled(speaking(answering({ config }), 200, { levelDb: -38, callerDb: -20 }))).toBe(false);
  });
});

test('turn detection by hand has nothing judged', () => {
  const harness = awake({ config: { turnDetection: null } });
  harness.audio(3000).intent({ k: 'audio_commit' });
  expect(harness.commandsOf('judge')).toEqual([]);
});
