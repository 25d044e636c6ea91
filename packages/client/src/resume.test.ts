import type { ServerEvent } from '@vis-a-vis/protocol';
import { Resumption } from './resume.js';

const event = (event_id: string, visavis?: object) =>
  ({ type: 'session.created', event_id, session: {}, ...(visavis && { visavis }) }) as ServerEvent;
const ticket = (token: string) => ({ resume: { token, window_ms: 60_000 } });
const resumed = (received: number, missed = 0) => ({
  ...ticket('t2'),
  resumed: { replayed: 0, missed, received },
});

function begun() {
  const resumption = new Resumption();
  resumption.received(event('e1', ticket('t1')));
  return resumption;
}

describe('Resumption', () => {
  it('is possible once the gateway has said how, and by its newest token', () => {
    const resumption = new Resumption();
    expect([resumption.possible, resumption.request]).toEqual([false, null]);
    expect(resumption.received(event('e1', ticket('t1')))).toBeNull();
    resumption.received({ type: 'input_audio_buffer.cleared', event_id: 'e2' });
    expect(resumption.request).toEqual({ token: 't1', last_event_id: 'e2' });
    resumption.received(event('e3', resumed(0)));
    expect(resumption.request).toEqual({ token: 't2', last_event_id: 'e3' });
    resumption.refused();
    expect([resumption.possible, resumption.nextWaitMs(0, 0)]).toEqual([false, null]);
  });

  it('sends again what the gateway has not got, each once', () => {
    const resumption = begun();
    for (const text of ['a', 'b', 'c']) resumption.sent(text, 0);
    resumption.lost(0);
    resumption.sent('d', 0);
    const nothing = { missedEvents: 0, lostMessages: 0 };
    expect(resumption.received(event('e2', resumed(2)))).toEqual({ unheard: ['c', 'd'], ...nothing });
    expect(resumption.received(event('e3', resumed(4, 5)))).toEqual({
      unheard: [],
      missedEvents: 5,
      lostMessages: 0,
    });
  });

  it('keeps what was sent of late alone, and says what it has no more', () => {
    const resumption = begun();
    resumption.sent('old', 0);
    resumption.sent('new', 130_000);
    resumption.lost(130_000);
    expect(resumption.received(event('e2', resumed(0)))).toMatchObject({ unheard: ['new'], lostMessages: 1 });
    expect(resumption.received(event('e2', resumed(2)))).toMatchObject({ unheard: [], lostMessages: 0 });
    resumption.sent('x'.repeat(1024 * 1024), 130_000);
    expect(resumption.received(event('e3', resumed(2)))).toMatchObject({
      unheard: [expect.stringMatching(/^x+$/)],
      lostMessages: 0,
    });
  });

  it('tries again later and later, until its time is over', () => {
    const resumption = begun();
    expect(resumption.nextWaitMs(0, 0)).toBeNull();
    resumption.lost(1000);
    resumption.lost(50_000);
    const waits = Array.from({ length: 7 }, () => resumption.nextWaitMs(1000, 0));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
    expect(resumption.nextWaitMs(91_000, 1)).toBe(2000);
    expect(resumption.nextWaitMs(91_001, 1)).toBeNull();
    resumption.received(event('e2', resumed(0)));
    expect(resumption.nextWaitMs(91_001, 0)).toBeNull();
  });
});
