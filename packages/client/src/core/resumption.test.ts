import type { ServerEvent } from '@vis-a-vis/protocol';
import { Resumption } from './resumption.js';

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
    expect([resumption.possible, resumption.ask()]).toEqual([false, null]);
    expect(resumption.received(event('e1', ticket('t1')))).toBeNull();
    resumption.received({ type: 'input_audio_buffer.cleared', event_id: 'e2' });
    expect(resumption.ask()).toEqual({ token: 't1', last_event_id: 'e2' });
    resumption.received(event('e3', resumed(0)));
    expect([resumption.possible, resumption.ask()]).toEqual([true, { token: 't2', last_event_id: 'e3' }]);
  });

  it('sends again what the gateway has not got, each once', () => {
    const resumption = begun();
    for (const text of ['a', 'b', 'c']) resumption.sent(text, 0);
    resumption.lost();
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
    resumption.lost();
    resumption.sent('newer', 300_000);
    const unheard = ['new', 'newer'];
    expect(resumption.received(event('e2', resumed(0)))).toMatchObject({ unheard, lostMessages: 1 });
    expect(resumption.received(event('e2', resumed(3)))).toMatchObject({ unheard: [], lostMessages: 0 });
    resumption.sent('x'.repeat(1024 * 1024), 300_000);
    expect(resumption.received(event('e3', resumed(3)))).toMatchObject({
      unheard: [expect.stringMatching(/^x+$/)],
      lostMessages: 0,
    });
  });

  it('knows again what the connection before has told while the other was being made', () => {
    const resumption = begun();
    const again = (id: string) => resumption.repeated(event(id));
    resumption.received(event('e2'));
    resumption.ask();
    resumption.received(event('e3'));
    expect(['e2', 'e3', 'e4'].map(again)).toEqual([false, true, false]);
    // That attempt fails; the next one asks for what is behind.
    expect(resumption.ask()).toMatchObject({ last_event_id: 'e3' });
    resumption.received(event('e4'));
    resumption.received(event('e5', resumed(0)));
    resumption.received(event('e6'));
    expect(['e3', 'e4', 'e6'].map(again)).toEqual([false, true, false]);
  });

  it('forgets that it was lost where the connection before goes on', () => {
    const resumption = begun();
    resumption.sent('old', 0);
    resumption.lost();
    resumption.ask();
    resumption.received(event('e2'));
    resumption.found();
    expect(resumption.repeated(event('e2'))).toBe(false);
    resumption.sent('new', 130_000);
    expect(resumption.received(event('e3', resumed(0)))).toMatchObject({ unheard: ['new'], lostMessages: 1 });
  });
});
