import type { ServerEvent } from '@vis-a-vis/protocol';
import { EventLog, MAX_EVENTS } from './event-log.js';

const event = (type: string, more: object = {}) => ({ type, event_id: 'event_1', ...more }) as ServerEvent;

describe('EventLog', () => {
  it('filters by type and by what is said', () => {
    const log = new EventLog();
    log.push(event('response.created'), 1.4);
    log.push(event('response.output_text.delta', { delta: 'The star is red.' }), 2);
    expect(log.matching('').map(({ number }) => number)).toEqual([1, 2]);
    expect(log.matching(' STAR ').map(({ number }) => number)).toEqual([2]);
    expect(log.matching('response')).toHaveLength(2);
    expect(JSON.parse(log.toJson('created'))).toEqual([
      { number: 1, atMs: 1, event: { type: 'response.created', event_id: 'event_1' } },
    ]);
  });

  it('is bounded, and counts on', () => {
    const log = new EventLog();
    for (let n = 0; n < MAX_EVENTS + 3; n++) log.push(event('error'), n);
    expect(log.size).toBe(MAX_EVENTS);
    expect(log.matching('')[0]?.number).toBe(4);
    log.clear();
    log.push(event('error'), 0);
    expect(log.matching('')[0]?.number).toBe(MAX_EVENTS + 4);
  });

  it('keeps nothing that opens something', () => {
    const log = new EventLog();
    const visavis = {
      resume: { token: 'rt_1', window_ms: 5 },
      ice_servers: [{ urls: ['turn:a'], credential: 'c' }],
    };
    log.push(event('session.created', { visavis }), 0);
    const json = log.toJson('');
    expect(json).not.toMatch(/rt_1|"c"/);
    expect(json).toMatch(/turn:a/);
    expect(json).toMatch(/window_ms/);
  });
});
