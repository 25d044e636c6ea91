import type { TurnDetection } from '@vis-a-vis/protocol';
import { SEMANTIC_VAD, SERVER_VAD, type MachineHarness } from '../../testing/machine-harness.js';
import { end, pause, resume, speaking } from '../../testing/speech.js';
import { DEFAULT_TURN_TAKING } from '../config.js';

describe('a model that predicts ends of turns', () => {
  // 900 ms of speech may be the opening of more: 350 ms are the least that is waited.
  const listening = () => speaking({ config: { turnDetection: SEMANTIC_VAD } });
  const silences = (harness: MachineHarness) =>
    harness.commandsOf('detect').map(({ settings }) => settings?.silenceDurationMs);
  /** The engine attends the utterance, and says how likely its end is. */
  const says = (harness: MachineHarness, turnEnd: number) => {
    const { ref } = harness.commandsOf('append_audio').at(-1)!;
    const at = { seq: 0, epoch: 0, tokens: 60 };
    const receipt = { at, tokens: 13, ms: { queue: 0, encode: 0, prefill: 0 }, turnEnd };
    return harness.feed({ t: 'appended', ref, receipt });
  };

  test('shortens the silence where it is sure, lengthens it where it is not', () => {
    expect(silences(says(pause(listening()), 0.97))).toEqual([350]);
    expect(silences(says(pause(listening()), 0.02))).toEqual([1800]);
  });

  test('and what it said is forgotten when speech goes on, or ends', () => {
    expect(silences(resume(says(pause(listening()), 0.97)))).toEqual([350, 500]);
    expect(silences(end(says(pause(listening()), 0.97)))).toEqual([350, 500]);
  });

  describe('and nothing is begun ahead', () => {
    const caps = { turnEnd: true };
    const turnTaking = { ...DEFAULT_TURN_TAKING, speculation: false };
    const plain = (turnDetection: TurnDetection = SEMANTIC_VAD) =>
      pause(speaking({ caps, config: { turnDetection, turnTaking } }));
    const asked = (harness: MachineHarness) =>
      harness.commandsOf('append_audio').filter(({ predict }) => predict);

    test('is asked of the pause, with the sound that is left', () => {
      const harness = plain().audio(2200);
      const [question, ...more] = asked(harness);
      expect(more).toEqual([]);
      // Whole blocks of 320 ms went before.
      expect([question?.fromMs, question?.toMs, question?.final]).toEqual([1980, 2000, false]);
      expect(silences(says(harness, 0.97))).toEqual([350]);
    });

    test('and of the next one again; the end then brings nothing new', () => {
      const harness = resume(plain()).audio(3000);
      end(pause(harness));
      expect(asked(harness)).toHaveLength(2);
      const last = harness.commandsOf('append_audio').at(-1);
      expect([last?.fromMs, last?.final]).toEqual([last?.toMs, true]);
    });

    test.each([
      ['a model without a head', { caps: {} }],
      ['a rule that does not go by it', { turnDetection: SERVER_VAD }],
    ])(
      'but not with %s',
      (
        _name,
        {
          caps: other = caps,
          turnDetection = SEMANTIC_VAD,
        }: Partial<{ caps: object; turnDetection: TurnDetection }>,
      ) => {
        const harness = pause(speaking({ caps: other, config: { turnDetection, turnTaking } }));
        expect(asked(harness)).toEqual([]);
      },
    );
  });

  test('server_vad takes no notice', () => {
    expect(silences(says(pause(speaking()), 0.9))).toEqual([]);
  });
});
