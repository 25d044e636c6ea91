import type { ServerEvent } from '@vis-a-vis/protocol';
import { heardOf } from './over-webrtc.js';

const event = (atMs: number, type: string, more: object = {}) => ({
  atMs,
  event: { event_id: 'e', type, ...more } as unknown as ServerEvent,
});

describe('what a call tells of a clip', () => {
  it('is its turns and its answers, by the time of the clip', () => {
    const heard = heardOf(
      [
        event(1200, 'input_audio_buffer.committed'),
        event(1210, 'response.created', { response: { id: 'a' } }),
        event(1220, 'response.output_text.delta', { response_id: 'a', delta: 'Thr' }),
        event(1230, 'response.output_text.delta', { response_id: 'a', delta: 'ee.' }),
        event(1240, 'response.done', { response: { id: 'a', status: 'completed' } }),
        event(2200, 'input_audio_buffer.committed'),
        event(2210, 'response.created', { response: { id: 'b' } }),
        event(2215, 'response.output_text.delta', { response_id: 'b', delta: 'Hel' }),
        event(2220, 'response.done', { response: { id: 'b', status: 'cancelled' } }),
      ],
      1000,
    );
    expect(heard).toEqual({
      committed: [200, 1200],
      answers: [
        { text: 'Three.', status: 'completed', firstTextMs: 220 },
        { text: 'Hel', status: 'cancelled', firstTextMs: 1215 },
      ],
      underWay: null,
    });
  });
});
