import { Lines, type Line } from './lines.js';

class Wire implements Line {
  closed = 0;
  close(): void {
    this.closed += 1;
  }
}

function begun() {
  const [first, second] = [new Wire(), new Wire()];
  const lines = new Lines<Wire>();
  lines.add(first);
  lines.connected(first);
  return { lines, first, second };
}

test('a call with one connection is over when that is closed', () => {
  const { lines, first } = begun();
  expect([lines.current, lines.newest]).toEqual([first, first]);
  expect(lines.closed(first)).toBe(true);
});

test('another one counts once it is connected, and the one before is closed', () => {
  const { lines, first, second } = begun();
  lines.add(second);
  expect([lines.current, lines.newest]).toEqual([first, second]);
  lines.connected(second);
  expect([lines.current, first.closed, second.closed]).toEqual([second, 1, 0]);
  expect(lines.closed(first)).toBe(false);
  expect(lines.closed(second)).toBe(true);
});

test('where the client closes the one before first, the call waits for the other', () => {
  const { lines, first, second } = begun();
  lines.add(second);
  expect(lines.closed(first)).toBe(false);
  lines.connected(second);
  expect([lines.current, lines.closed(second)]).toEqual([second, true]);
});

test('and is over where that never connects', () => {
  const { lines, first, second } = begun();
  lines.add(second);
  lines.closed(first);
  expect(lines.closed(second)).toBe(true);
});

test('one that never connects changes nothing where the one before is there', () => {
  const { lines, first, second } = begun();
  lines.add(second);
  expect(lines.closed(second)).toBe(false);
  expect([lines.current, lines.newest]).toEqual([first, first]);
  expect(lines.closed(first)).toBe(true);
});

test('a third takes the place of a second that has not connected', () => {
  const { lines, first, second } = begun();
  const third = new Wire();
  lines.add(second);
  lines.add(third);
  expect([second.closed, lines.newest]).toEqual([1, third]);
  expect(lines.closed(second)).toBe(false);
  lines.connected(second);
  expect(lines.current).toBe(first);
});

test('all are closed together', async () => {
  const { lines, first, second } = begun();
  lines.add(second);
  await lines.close();
  expect([first.closed, second.closed]).toEqual([1, 1]);
});
