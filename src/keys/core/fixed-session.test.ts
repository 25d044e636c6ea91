import { defaultSession, mergeSession, type SessionPatch } from '@vis-a-vis/protocol';
import { fieldChanged } from './fixed-session.js';

const changed = (fixed: SessionPatch, patch: SessionPatch) => {
  const before = mergeSession(defaultSession('sess_1', 'model'), fixed);
  return fieldChanged(fixed, before, mergeSession(before, patch));
};

describe('fieldChanged', () => {
  const fixed: SessionPatch = {
    instructions: 'Be brief.',
    audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 700 } } },
  };

  it.each([
    ['nothing', {}, null],
    ['the same', { instructions: 'Be brief.' }, null],
    ['what is not fixed', { max_output_tokens: 5, visavis: { video: false } }, null],
    ['nulls of a typed client', { instructions: null, audio: { input: null } }, null],
    ['a field', { instructions: 'Be long.' }, 'instructions'],
    [
      'a field deep down',
      { audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 500 } } } },
      'audio.input.turn_detection.silence_duration_ms',
    ],
    [
      'a field beside one',
      {
        audio: {
          input: { turn_detection: { type: 'server_vad', silence_duration_ms: 700, threshold: 0.7 } },
        },
      },
      null,
    ],
    [
      'what a fixed field is of',
      { audio: { input: { turn_detection: null } } },
      'audio.input.turn_detection',
    ],
  ] as [string, SessionPatch, string | null][])('of %s', (_name, patch, expected) => {
    expect(changed(fixed, patch)).toBe(expected);
  });

  it('compares lists as they are', () => {
    const tools = [{ type: 'function' as const, name: 'a' }];
    expect(changed({ tools }, { tools: [{ type: 'function' as const, name: 'a' }] })).toBeNull();
    expect(changed({ tools }, { tools: [] })).toBe('tools');
  });
});
