import { serverEventSchema, type ServerEvent } from '@vis-a-vis/protocol';
import { TurnWatch } from './spoken-turn.js';

let eventNumber = 0;
const event = (type: ServerEvent['type'], fields: object = {}): ServerEvent =>
  serverEventSchema.parse({ type, event_id: `event_${++eventNumber}`, ...fields });

const started = () =>
  event('input_audio_buffer.speech_started', { item_id: 'item', audio_start_ms: eventNumber });
const inAnswer = (response_id: string) => ({ response_id, item_id: 'a', output_index: 0, content_index: 0 });
const delta = (id: string) => event('response.output_text.delta', { ...inAnswer(id), delta: 'T' });
const done = (id: string, status: 'completed' | 'cancelled') =>
  event('response.done', {
    response: {
      object: 'realtime.response',
      id,
      status,
      status_details: null,
      output: [],
      conversation_id: 'conv',
      output_modalities: ['text'],
      max_output_tokens: 'inf',
      usage: null,
      metadata: null,
    },
  });
const timing = (response_id: string) =>
  event('visavis.turn.timing', {
    response_id,
    item_id: 'item',
    speech_end_ms: 1,
    last_speech_packet_ms: 1,
    vad_end_ms: 1,
    commit_ms: 1,
    prefill_ms: 1,
    first_token_ms: 1,
    first_sent_ms: 1,
    done_ms: 1,
    speech_end_to_first_token_ms: 300,
    commit_to_first_token_ms: 8,
    frames_attended: 2,
    output_tokens: 1,
  });
const answered = (id: string, text: string, status: 'completed' | 'cancelled' = 'completed') => [
  event('visavis.context', {
    response_id: id,
    tokens: 80,
    frames: [1, 2].map((rtp_ms) => ({ item_id: 'f', rtp_ms })),
    audio: [],
  }),
  delta(id),
  delta(id),
  event('response.output_text.done', { ...inAnswer(id), text }),
  done(id, status),
  timing(id),
];

/** Gives the events a millisecond each, from 1. */
function watching(...events: ServerEvent[]) {
  const watch = new TurnWatch();
  const answers: string[] = [];
  void watch.answer.then(({ text }) => answers.push(text));
  events.forEach((e, index) => watch.handle(e, index + 1));
  return { watch, answers };
}

/** Lets what was promised arrive. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('TurnWatch', () => {
  it('puts an answer, its first text, its frames and its timing together', async () => {
    const { watch } = watching(started(), ...answered('r1', 'Two.'));
    watch.finishedSpeaking();
    const { text, firstTextAtMs, frames, timing: times } = await watch.answer;
    expect({ text, firstTextAtMs, frames }).toEqual({ text: 'Two.', firstTextAtMs: 3, frames: 2 });
    expect(times.commit_to_first_token_ms).toBe(8);
  });

  it('waits until everything has been said', async () => {
    const { watch, answers } = watching(started(), ...answered('r1', 'Two.'));
    await settle();
    expect([answers, watch.state]).toEqual([[], 'the question is still being said']);
    watch.finishedSpeaking();
    await settle();
    expect([answers, watch.state]).toEqual([['Two.'], 'answered']);
  });

  it('takes the last answer where a pause parted the question', async () => {
    const { watch, answers } = watching(started(), ...answered('r1', 'What?'), started());
    watch.finishedSpeaking();
    await settle();
    expect([answers, watch.state]).toEqual([[], 'speech was heard and is not answered']);
    answered('r2', 'Two.').forEach((e) => watch.handle(e, 20));
    await settle();
    expect(answers).toEqual(['Two.']);
  });

  it('does not take an answer that was cut off for the last one', async () => {
    const { watch, answers } = watching(started(), started(), ...answered('r1', 'Wha', 'cancelled'));
    watch.finishedSpeaking();
    await settle();
    expect(answers).toEqual([]);
  });

  it('goes on after a noise that was no speech', async () => {
    const { watch, answers } = watching(started(), ...answered('r1', 'Two.'), started());
    watch.finishedSpeaking();
    watch.handle(event('input_audio_buffer.cleared'), 30);
    await settle();
    expect(answers).toEqual(['Two.']);
  });

  it('says when nothing was heard', () => {
    const { watch } = watching();
    watch.finishedSpeaking();
    expect(watch.state).toBe('no speech was heard');
  });

  it('says when what was heard was taken for nobody’s', () => {
    const { watch } = watching(started());
    watch.finishedSpeaking();
    expect(watch.dismissed).toBe(false);
    watch.handle(event('input_audio_buffer.cleared'), 30);
    expect(watch.dismissed).toBe(true);
    expect(watch.state).toBe('what was heard was taken for nobody’s');
  });
});
