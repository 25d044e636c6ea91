import { defaultSession, serverEventSchema, type ServerEvent } from '@vis-a-vis/protocol';
import { Floor } from './floor.js';

let number = 0;
const event = (type: ServerEvent['type'], fields: object = {}): ServerEvent =>
  serverEventSchema.parse({ type, event_id: `event_${++number}`, item_id: 'item', ...fields });
const answer = (id: string, status: string) => ({
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

describe('Floor', () => {
  let floor: Floor;
  beforeEach(() => (floor = new Floor()));

  it("is nobody's at first", () => expect(floor.quiet(0)).toBe(true));

  it("is the speaker's from the beginning of speech, and nobody's a while after its end", () => {
    floor.handle(event('input_audio_buffer.speech_started', { audio_start_ms: 0 }), 0);
    expect(floor.quiet(9000)).toBe(false);
    floor.handle(event('input_audio_buffer.speech_stopped', { audio_end_ms: 0 }), 9000);
    expect(floor.quiet(9100)).toBe(false);
    expect(floor.quiet(9600)).toBe(true);
  });

  it("is an answer's while one is under way, each counted by itself", () => {
    floor.handle(event('response.created', answer('a', 'in_progress')), 0);
    floor.handle(event('response.created', answer('b', 'in_progress')), 1);
    floor.handle(event('response.done', answer('a', 'cancelled')), 2);
    expect(floor.quiet(9000)).toBe(false);
    floor.handle(event('response.done', answer('b', 'completed')), 3);
    expect(floor.quiet(9000)).toBe(true);
  });

  it('waits for what follows an answer, and for nothing that is said aside', () => {
    floor.handle(event('session.created', { session: defaultSession('sess', 'model') }), 1000);
    expect(floor.quiet(1000)).toBe(true);
  });
});
