import { Replay } from './replay.js';

const LIMITS = { events: 4, chars: 100, ageMs: 1000 };
const texts = ({ events }: ReturnType<Replay['after']>) => events.flatMap(({ messages }) => messages);

function told(count: number, limits = LIMITS, atMs = (n: number) => n) {
  const replay = new Replay('event_x', limits);
  const ids: string[] = [];
  for (let n = 1; n <= count; n++) {
    ids.push(replay.nextId);
    replay.keep('t', [`m${n}`], atMs(n));
  }
  return { replay, ids };
}

describe('Replay', () => {
  it('gives what stands behind the event that a client had last', () => {
    const { replay, ids } = told(3);
    expect(ids).toEqual(['event_x_1', 'event_x_2', 'event_x_3']);
    expect(texts(replay.after('event_x_1', 3))).toEqual(['m2', 'm3']);
    expect(replay.after('event_x_3', 3)).toEqual({ events: [], lost: 0 });
    expect(texts(replay.after(null, 3))).toEqual(['m1', 'm2', 'm3']);
  });

  it.each([
    ['its number', { ...LIMITS, events: 2 }, 3],
    ['its characters', { ...LIMITS, chars: 4 }, 3],
    ['its age', { ...LIMITS, ageMs: 1 }, 3],
  ])('keeps no more than is bounded by %s, and says what is missing', (_, limits, nowMs) => {
    const { replay } = told(3, limits);
    expect(texts(replay.after('event_x_1', nowMs))).toEqual(['m2', 'm3']);
    expect(replay.after('event_x_1', nowMs).lost).toBe(0);
    expect(replay.after(null, nowMs).lost).toBe(1);
    expect(replay.length).toBe(2);
  });

  it('what has grown too old is missing though nothing came after it', () => {
    const { replay } = told(2);
    expect(replay.after(null, 5000)).toEqual({ events: [], lost: 2 });
  });

  it('a greeting before what is missing stands for what the client had', () => {
    const { replay } = told(3);
    const greeting = replay.greetingId('event_x_1');
    expect([greeting, replay.greetingId(greeting)]).toEqual(['event_x_1.1', 'event_x_1.2']);
    expect(texts(replay.after(greeting, 3))).toEqual(['m2', 'm3']);
    expect(replay.nextId).toBe('event_x_4');
  });

  it('takes an id that it never gave for none', () => {
    const { replay } = told(2);
    for (const id of ['', 'event_y_2', 'event_x_', 'event_x_-1', 'event_x_1e3', 'event_x_two', 'event_x_1.'])
      expect(texts(replay.after(id, 2))).toEqual(['m1', 'm2']);
    expect(replay.after('event_x_99', 2)).toEqual({ events: [], lost: 0 });
  });

  it('what is not kept is missing', () => {
    const { replay } = told(2);
    replay.pass();
    replay.keep('t', ['m4'], 4);
    const missed = replay.after('event_x_1', 4);
    expect([texts(missed), missed.lost]).toEqual([['m4'], 2]);
  });
});
