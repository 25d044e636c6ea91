import { defaultSession, mergeSession } from './merge-session.js';
import { parseSessionPatch, type SessionPatch } from './session.js';

const session = defaultSession('sess_1', 'visavis-pocket', { expiresAt: 1_800_000_000 });

const problemOf = (patch: unknown) => {
  const checked = parseSessionPatch(patch);
  return checked.ok ? null : checked.problem;
};
const patchOf = (patch: unknown): SessionPatch => {
  const checked = parseSessionPatch(patch);
  if (!checked.ok) throw new Error(checked.problem.message);
  return checked.value;
};
const after = (patch: unknown) => mergeSession(session, patchOf(patch));
const detection = (fields: object) => ({ audio: { input: { turn_detection: fields } } });

describe('parseSessionPatch', () => {
  it.each([
    ['at the top', { voise: 'ash' }, 'session.voise'],
    ['of a section', { audio: { inptu: { turn_detection: null } } }, 'session.audio.inptu'],
    [
      'of turn detection',
      detection({ type: 'server_vad', silence_ms: 900 }),
      'session.audio.input.turn_detection.silence_ms',
    ],
    [
      'of another kind of turn detection',
      detection({ type: 'semantic_vad', threshold: 0.5 }),
      'session.audio.input.turn_detection.threshold',
    ],
    ['of our own', { visavis: { barge_in: 5 } }, 'session.visavis.barge_in'],
    ['that is the server’s', { expires_at: 5 }, 'session.expires_at'],
    ['before GA that has no place any more', { temperature: 0.8 }, 'session.temperature'],
  ])('names a field that it does not know: %s', (_, patch, param) => {
    expect(problemOf(patch)).toEqual({
      code: 'unknown_parameter',
      message: `Unknown parameter: '${param}'.`,
      param,
    });
  });

  it.each([
    [{ audio: { input: { format: { type: 'audio/flac', rate: 1 } } } }, 'session.audio.input.format.type'],
    [
      { audio: { input: { format: { type: 'audio/pcm', rate: 23_999 } } } },
      'session.audio.input.format.rate',
    ],
    [
      { audio: { input: { format: { type: 'audio/pcmu', rate: 16_000 } } } },
      'session.audio.input.format.rate',
    ],
    [{ input_audio_format: 'opus' }, 'session.audio.input.format'],
    [{ truncation: 'disabled' }, 'session.truncation'],
    [{ prompt: { id: 'pmpt_1' } }, 'session.prompt'],
    [detection({ type: 'server_vad', threshold: 1.5 }), 'session.audio.input.turn_detection.threshold'],
    ['no object', 'session'],
  ])('names a value that it does not take: %j', (patch, param) => {
    expect(problemOf(patch)).toMatchObject({ code: 'invalid_event', param });
  });

  it.each([
    [{ parallel_thoughts: null, instructions: 'x' }],
    [
      {
        audio: {
          input: { a: null, b: null, turn_detection: { type: 'semantic_vad', threshold: null, c: null } },
        },
      },
    ],
  ])('takes nulls of typed clients for what they are: nothing: %j', (patch) => {
    expect(problemOf(patch)).toBeNull();
  });

  it('takes null inside of turn detection for the default', () => {
    const earlier = after(detection({ type: 'server_vad', threshold: 0.9, idle_timeout_ms: 6000 }));
    const later = mergeSession(
      earlier,
      patchOf(
        detection({ type: 'server_vad', threshold: null, idle_timeout_ms: null, create_response: null }),
      ),
    );
    expect(later.audio.input.turn_detection).toEqual(session.audio.input.turn_detection);
    expect(
      after(detection({ type: 'semantic_vad', eagerness: null })).audio.input.turn_detection,
    ).toMatchObject({
      eagerness: 'auto',
    });
  });

  it('takes null of a setting of our own for the default', () => {
    const earlier = after({ visavis: { barge_in_ms: 0, reading_chars_per_s: 12, events: ['context'] } });
    const nulls = { visavis: { barge_in_ms: null, reading_chars_per_s: null, events: null } };
    expect(mergeSession(earlier, patchOf(nulls)).visavis).toEqual(session.visavis);
  });
});

describe('sessions as they were before GA', () => {
  it('are read in today’s shape', () => {
    const next = after({
      modalities: ['text', 'audio'],
      voice: 'ash',
      speed: 1.1,
      input_audio_format: 'g711_ulaw',
      output_audio_format: 'pcm16',
      input_audio_noise_reduction: { type: 'near_field' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 900 },
      max_response_output_tokens: 12,
    });
    expect(next).toMatchObject({
      output_modalities: ['text'],
      max_output_tokens: 12,
      audio: {
        input: { format: { type: 'audio/pcmu' }, turn_detection: { silence_duration_ms: 900 } },
        output: { voice: 'ash', speed: 1.1, format: { type: 'audio/pcm', rate: 24_000 } },
      },
    });
  });

  it.each([[{ turn_detection: null }], [{ turn_detection: { type: 'none' } }]])(
    'turn detection off: %j',
    (patch) => {
      expect(after(patch).audio.input.turn_detection).toBeNull();
    },
  );

  it('count less than today’s shape where both are given', () => {
    const both = { turn_detection: null, ...detection({ type: 'semantic_vad' }) };
    expect(after(both).audio.input.turn_detection).toMatchObject({ type: 'semantic_vad' });
  });

  it.each([[{ turn_detection: null, audio: 5 }], [{ voice: 'ash', audio: { output: 'loud' } }]])(
    'do not cover up what is wrong: %j',
    (patch) => {
      expect(problemOf(patch)?.param).toMatch(/^session\.audio/);
    },
  );
});

describe('audio formats', () => {
  it('are reported whole, and none of the one before stays', () => {
    expect(after({ audio: { input: { format: { type: 'audio/pcm' } } } }).audio.input.format).toEqual({
      type: 'audio/pcm',
      rate: 24_000,
    });
    const g711 = after({ audio: { input: { format: { type: 'audio/pcma', rate: 8000 } } } });
    expect(g711.audio.input.format).toEqual({ type: 'audio/pcma' });
  });

  it('of noise reduction, which there is none of, nothing is reported', () => {
    expect(after({ audio: { input: { noise_reduction: { type: 'far_field' } } } })).toEqual(session);
  });
});
