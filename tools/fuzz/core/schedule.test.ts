import { Journal, readJournal } from './journal.js';
import { Random } from './random.js';
import { Schedule, type Situation } from './schedule.js';

const OPTIONS = { clients: 2, openEveryMs: 500, requestEveryMs: 200 };
const NOBODY: Situation = { atMs: 0, connected: [], opening: 0, waiting: 0 };
const client = (name: string, inputs = 0) => ({ name, inputs, most: 100 });

describe('Schedule', () => {
  const schedule = () => new Schedule(new Random(1), OPTIONS);

  it('opens clients one after another, and requests beside them', () => {
    const s = schedule();
    expect(s.next(NOBODY)).toMatchObject({ what: 'open', call: 'c1' });
    expect(s.next({ ...NOBODY, opening: 1 })).toMatchObject({ what: 'request', call: null });
    expect(s.next({ ...NOBODY, opening: 1 })).toBeNull();
    expect(s.next({ ...NOBODY, atMs: 500, opening: 1 })).toMatchObject({ what: 'open', call: 'c2' });
  });

  it('has those leave that have sent what they were to', () => {
    expect(schedule().next({ ...NOBODY, connected: [client('c1', 3), client('c2', 100)] })).toMatchObject({
      what: 'leave',
      call: 'c2',
    });
  });

  it('asks for no more while too many requests wait', () => {
    const busy = { ...NOBODY, connected: [client('c1'), client('c2')], waiting: 20 };
    expect(schedule().next(busy)?.what).not.toBe('request');
  });

  it('sends of every kind, and is repeated by its seed', () => {
    const run = () => {
      const s = schedule();
      const connected = [client('c1'), client('c2')];
      return Array.from({ length: 400 }, () => s.next({ ...NOBODY, connected, waiting: 20 }));
    };
    expect(new Set(run().map((action) => action?.what))).toEqual(
      new Set(['event', 'stun', 'dtls', 'rtp', 'rtcp', 'sctp', 'dcep']),
    );
    expect(run()).toEqual(run());
  });
});

describe('Journal', () => {
  const action = (id: number, what: 'open' | 'event', call: string) => ({ id, what, call, seed: id });

  it('keeps the newest inputs, and the openings of their calls; a replay has each action once', () => {
    const journal = new Journal();
    journal.opened(action(1, 'open', 'c1'), 0);
    for (let n = 0; n < 1200; n += 1)
      journal.sent('event', action(2 + (n >> 1), 'event', 'c1'), `{"n":${n}}`, n);
    const lines = journal.lines();
    expect(lines).toHaveLength(501);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ n: 1200, kind: 'event', data: '{"n":1199}' });
    const replay = readJournal(lines.join('\n'));
    expect(replay[0]?.action).toEqual(action(1, 'open', 'c1'));
    expect(replay).toHaveLength(251);
  });

  it('tells bytes in hexadecimal, and cuts off what is long', () => {
    const journal = new Journal();
    journal.sent('stun', action(1, 'event', 'c1'), Buffer.alloc(9000, 0xab), 0);
    const { data } = JSON.parse(journal.lines()[0] ?? '') as { data: string };
    expect(data).toMatch(/^(ab){2000}$/);
  });
});
