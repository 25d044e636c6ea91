import { Succession } from './succession.js';

class Session {
  retired = false;
  constructor(readonly name: string) {}
  retire(): void {
    this.retired = true;
  }
}

const names = (sessions: Succession<Session>) => sessions.all.map((one) => one.name);

function begun(): { sessions: Succession<Session>; first: Session; second: Session } {
  const [first, second] = [new Session('first'), new Session('second')];
  const sessions = new Succession(first);
  sessions.begin(second, 1000);
  return { sessions, first, second };
}

test('the first one carries the call until a restart has connected', () => {
  const { sessions, first, second } = begun();
  expect([sessions.current, sessions.newest, first.retired]).toEqual([first, second, false]);
  sessions.connected(second, 2000);
  expect([sessions.current, sessions.newest, first.retired]).toEqual([second, second, true]);
});

test('what the one before sent is still heard for 10 s', () => {
  const { sessions, second } = begun();
  sessions.connected(second, 2000);
  sessions.tick(11_980);
  expect(names(sessions)).toEqual(['second', 'first']);
  sessions.tick(12_000);
  expect(names(sessions)).toEqual(['second']);
});

test('a restart that never connects changes nothing', () => {
  const { sessions, first } = begun();
  expect(sessions.tick(3_600_000)).toBe(false);
  expect(sessions.current).toBe(first);
});

test('another restart takes the place of one that has not connected, which cannot connect any more', () => {
  const { sessions, first, second } = begun();
  const third = new Session('third');
  sessions.begin(third, 1500);
  expect([second.retired, names(sessions)]).toEqual([true, ['third', 'first']]);
  sessions.connected(second, 1600);
  expect(sessions.current).toBe(first);
  sessions.connected(third, 1700);
  expect(sessions.current).toBe(third);
});

test('consent that is lost without a restart is the end at once', () => {
  const first = new Session('first');
  const sessions = new Succession(first);
  sessions.lost(first);
  expect(sessions.tick(0)).toBe(true);
});

test('consent that is lost during a restart: 15 s from its beginning are left to it', () => {
  const { sessions, first } = begun();
  sessions.lost(first);
  expect([sessions.tick(15_980), sessions.tick(16_000)]).toEqual([false, true]);
});

test('consent that was lost is no matter once the restart has connected, and what becomes of the former no more', () => {
  const { sessions, first, second } = begun();
  sessions.lost(first);
  sessions.connected(second, 5000);
  expect(sessions.tick(60_000)).toBe(false);
  sessions.lost(first);
  expect(sessions.tick(60_000)).toBe(false);
  sessions.lost(second);
  expect(sessions.tick(60_000)).toBe(true);
});
