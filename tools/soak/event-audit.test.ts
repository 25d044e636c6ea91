import { defaultSession } from '@vis-a-vis/protocol';
import { EventAudit } from './event-audit.js';

let number = 0;
const event = (type: string, fields: object = {}) => ({ type, event_id: `event_${++number}`, ...fields });
const response = (id: string, status: string) => ({
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
});
const delta = (response_id: string) =>
  event('response.output_text.delta', {
    response_id,
    item_id: 'i',
    output_index: 0,
    content_index: 0,
    delta: 'x',
  });

describe('EventAudit', () => {
  let audit: EventAudit;
  beforeEach(() => (audit = new EventAudit()));

  it('finds nothing in an answer that was announced', () => {
    const events = [
      event('session.created', { session: defaultSession('sess_1', 'model') }),
      event('response.created', { response: response('r1', 'in_progress') }),
      delta('r1'),
      event('response.done', { response: response('r1', 'completed') }),
    ];
    expect(events.map((e) => audit.check(e))).toEqual([null, null, null, null]);
  });

  it.each([
    ['an answer that was never announced', delta('r9'), 'foreign_event: response.output_text.delta'],
    [
      'its end',
      event('response.done', { response: response('r9', 'completed') }),
      'foreign_event: response.done',
    ],
    ['an event of no known type', event('surprise'), expect.stringMatching(/^malformed_event: /)],
    ['no event', 'text', expect.stringMatching(/^malformed_event: /)],
  ])('finds %s', (_, foreign, said) => {
    expect(audit.check(foreign)).toEqual(said);
  });

  it('finds another session', () => {
    audit.check(event('session.created', { session: defaultSession('sess_1', 'model') }));
    const other = event('session.updated', { session: defaultSession('sess_2', 'model') });
    expect(audit.check(other)).toBe('foreign_event: session.updated');
  });

  it('finds what comes twice', () => {
    const created = event('response.created', { response: response('r1', 'in_progress') });
    audit.check(created);
    expect(audit.check(created)).toMatch(/^repeated_event: /);
    expect(audit.check({ ...created, event_id: 'another' })).toBe('repeated_event: r1');
  });
});
