import type { Call, CallError } from '@vis-a-vis/client';
import type { ServerEvent } from '@vis-a-vis/protocol';
import type { Shown } from './shown.js';

export interface Listening {
  readonly shown: Shown;
  /** What the built-in microphone said last; null: the page does not know what is said. */
  readonly said: () => string | null;
  /** A button is held to talk: what is cleared then is what came before. */
  readonly held: () => boolean;
  readonly complain: (error: CallError) => void;
}

/** Shows what a call tells. */
export function listen(call: Call, { shown, said, held, complain }: Listening): void {
  const { conversation, film, inspector, quality, state, turns } = shown;
  const heard = (itemId: string): void => {
    conversation.spoken(itemId, said());
    shown.notice(null);
    shown.showEmpty();
  };
  const read = (event: ServerEvent): void => {
    if (event.type === 'session.created') shown.showRecorded(call.recorded);
    if (event.type === 'input_audio_buffer.speech_started') heard(event.item_id);
    // Without turn detection nothing is said of speech, but what is committed.
    if (event.type === 'input_audio_buffer.committed') {
      heard(event.item_id);
      turns.handleCommitted(event.item_id);
    }
    if (event.type === 'response.created') turns.handleCreated(event.response.id);
  };

  call.on('event', (event) => {
    inspector.push(event);
    read(event);
  });
  call.on('speech', (speech) => {
    const starts = speech.state === 'started';
    turns.handleSpeech(speech.state, speech.atMs);
    shown.hear(starts);
    if (starts) shown.lookAtNow();
    state.show(starts ? 'listening' : 'thinking');
  });
  call.on('dismissed', () => {
    // Speech that turned out to be noise is never answered.
    if (held()) return;
    conversation.dismissed();
    state.show('ready');
  });
  call.on('transcript', ({ itemId, text }) => conversation.transcribed(itemId, text));
  call.on('context', (context) => {
    turns.handleContext(context);
    shown.lookInto(context.response_id);
  });
  call.on('delta', (delta) => {
    turns.handleDelta(delta.responseId, performance.now());
    state.show('answering');
    conversation.delta(delta);
  });
  call.on('answer', (answer) => {
    conversation.done(answer);
    if (answer.text !== '') state.announce(shown.words.say('tell.answer', { text: answer.text }));
    state.show('ready');
  });
  call.on('timing', (timing) => {
    turns.handleTiming(timing);
    conversation.timing(timing);
    shown.lookInto(timing.response_id);
  });
  call.on('reading', (reading) => {
    const responseId = turns.handleReading(reading, performance.now());
    if (responseId !== null) shown.refresh(responseId);
  });
  call.on('frame', (frame) => film.attended(frame));
  call.on('redacted', ({ item_ids }) => film.forget(item_ids));
  call.on('quality', (now) => quality.show(now));
  call.on('state', (now) => {
    if (now === 'closed') return;
    state.show(now === 'reconnecting' ? 'reconnecting' : 'ready');
    if (now === 'reconnecting') shown.notice('tell.reconnecting');
  });
  call.on('resumed', ({ kept }) => shown.notice(kept ? 'tell.kept' : 'tell.anew'));
  call.on('error', complain);
  shown.showRecorded(call.recorded);
}
