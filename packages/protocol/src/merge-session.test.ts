import { defaultSession, mergeSession } from './merge-session.js';
import { sessionPatchSchema, sessionSchema } from './session.js';

const session = defaultSession('sess_1', 'visavis-pocket');

describe('mergeSession', () => {
  it('starts from a whole, valid session', () => {
    expect(sessionSchema.parse(session)).toEqual(session);
  });

  it('leaves out nothing and changes nothing for an empty update', () => {
    expect(mergeSession(session, { type: 'realtime' })).toEqual(session);
  });

  it('merges a partial update', () => {
    const next = mergeSession(session, { type: 'realtime', tracing: 'auto', instructions: 'Be brief.' });
    expect(next).toEqual({ ...session, tracing: 'auto', instructions: 'Be brief.' });
  });

  it('keeps its own model and answers in text, whatever is asked for', () => {
    const next = mergeSession(session, { model: 'gpt-realtime', output_modalities: ['audio'] });
    expect(next.model).toBe('visavis-pocket');
    expect(next.output_modalities).toEqual(['text']);
  });

  it('merges turn detection of the same type over the current one', () => {
    const first = mergeSession(session, {
      audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } } },
    });
    const second = mergeSession(first, {
      audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.7 } } },
    });
    expect(second.audio.input.turn_detection).toMatchObject({
      threshold: 0.7,
      silence_duration_ms: 300,
      prefix_padding_ms: 300,
    });
  });

  it('starts another type of turn detection from its defaults', () => {
    const next = mergeSession(session, { audio: { input: { turn_detection: { type: 'semantic_vad' } } } });
    expect(next.audio.input.turn_detection).toEqual({
      type: 'semantic_vad',
      eagerness: 'auto',
      create_response: true,
      interrupt_response: true,
    });
  });

  it('turns turn detection off by null', () => {
    const next = mergeSession(session, { audio: { input: { turn_detection: null } } });
    expect(next.audio.input.turn_detection).toBeNull();
  });

  it('keeps the other side of audio', () => {
    const next = mergeSession(session, { audio: { output: { voice: 'ash' } } });
    expect(next.audio.input).toEqual(session.audio.input);
    expect(next.audio.output).toEqual({ ...session.audio.output, voice: 'ash' });
  });

  it('shows camera and screen one by one, and reports in one word what is the same for both', () => {
    const videos = [{ screen: false }, { camera: false }, { camera: null }, true, { screen: false }, null];
    let next = session;
    const reported = videos.map((video) => {
      next = mergeSession(next, sessionPatchSchema.parse({ visavis: { video } }));
      return next.visavis.video;
    });
    const onlyCamera = { camera: true, screen: false };
    expect(reported).toEqual([onlyCamera, false, onlyCamera, true, onlyCamera, true]);
    expect(sessionPatchSchema.safeParse({ visavis: { video: { microphone: true } } }).success).toBe(false);
  });

  it('merges settings of our own one by one, and reports what is the gateway’s to say', () => {
    expect(sessionPatchSchema.safeParse({ visavis: { turn_end: 'model' } }).success).toBe(false);
    const patch = sessionPatchSchema.parse({ visavis: { visual_turns: true } });
    const next = mergeSession(mergeSession(session, { visavis: { events: ['context'] } }), patch);
    expect(next.visavis).toEqual({
      events: ['context'],
      video: true,
      camera_off: 'keep',
      speculation: true,
      barge_in_ms: null,
      reading_chars_per_s: null,
      visual_turns: true,
      resume: false,
      turn_end: 'silence',
      caps: {
        tools: false,
        instructions: false,
        transcription: false,
        vision: true,
        videos: ['camera', 'screen'],
        audio: true,
        speech: 'heard',
        context_tokens: null,
        languages: null,
      },
    });
  });

  it('subscribes to vendor events', () => {
    expect(mergeSession(session, { visavis: { events: ['turn.timing'] } }).visavis.events).toEqual([
      'turn.timing',
    ]);
  });

  it('reports the model that writes down what is said, and keeps the language until it is told another', () => {
    const patched = (transcription: object | null) =>
      sessionPatchSchema.parse({ audio: { input: { transcription } } });
    const asked = mergeSession(session, patched({ model: 'gpt-4o-mini-transcribe', language: 'en' }));
    expect(asked.audio.input.transcription).toEqual({ model: 'visavis-pocket', language: 'en' });
    const again = mergeSession(asked, patched({ model: 'whisper-1' }));
    expect(again.audio.input.transcription).toEqual({ model: 'visavis-pocket', language: 'en' });
    expect(mergeSession(again, patched(null)).audio.input.transcription).toBeNull();
  });
});
