import type { ServerEventBody } from '@vis-a-vis/protocol';
import { DeltaCoalescer } from './delta-coalescer.js';

const delta = (text: string, item = 'i'): ServerEventBody => ({
  type: 'response.output_text.delta',
  response_id: 'r',
  item_id: item,
  output_index: 0,
  content_index: 0,
  delta: text,
});

describe('DeltaCoalescer', () => {
  it('joins deltas that wait together, and keeps the order of the rest', () => {
    const waiting = new DeltaCoalescer();
    for (const event of [
      delta('a'),
      delta('b'),
      { type: 'input_audio_buffer.cleared' } as const,
      delta('c'),
    ]) {
      waiting.push(event);
    }
    expect(waiting.take()).toEqual([delta('ab'), { type: 'input_audio_buffer.cleared' }, delta('c')]);
    expect(waiting.length).toBe(0);
  });

  it('does not join what has been taken', () => {
    const waiting = new DeltaCoalescer();
    waiting.push(delta('a'));
    waiting.take();
    waiting.push(delta('b'));
    expect(waiting.take()).toEqual([delta('b')]);
  });

  it('does not join deltas of different items', () => {
    const waiting = new DeltaCoalescer();
    waiting.push(delta('a', 'i'));
    waiting.push(delta('b', 'j'));
    expect(waiting.length).toBe(2);
  });
});
