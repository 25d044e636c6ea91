import { Gate } from './gate.js';

/** Levels of 20 ms each. @returns when it was open, as a row of signs */
function row(gate: Gate, fromMs: number, ...levels: readonly [db: number, times: number][]): string {
  let atMs = fromMs;
  let signs = '';
  for (const [db, times] of levels) {
    for (let n = 0; n < times; n += 1, atMs += 20) signs += gate.push(db, atMs) ? 'o' : '-';
  }
  return signs;
}

describe('Gate', () => {
  it('is open while nothing reads', () => {
    expect(row(new Gate(), 0, [-20, 3], [-80, 2])).toBe('ooooo');
  });

  it('keeps the echo out, whatever its level, and lets pass what is clearly louder', () => {
    for (const echoDb of [-45, -25]) {
      const gate = new Gate();
      gate.reading(true, 0);
      expect(row(gate, 0, [echoDb, 30])).toBe('-'.repeat(30));
      expect(row(gate, 600, [echoDb + 12, 5])).toBe('ooooo');
    }
  });

  it('stays open over the pauses between words, and shuts behind them', () => {
    const gate = new Gate({ overDb: 10, holdMs: 100 });
    gate.reading(true, 0);
    row(gate, 0, [-40, 20]);
    expect(row(gate, 400, [-20, 1], [-60, 8])).toBe('ooooo----');
  });

  it('learns a new echo each time, and forgets a loud one with time', () => {
    const gate = new Gate();
    gate.reading(true, 0);
    row(gate, 0, [-15, 20], [-60, 150]);
    expect(row(gate, 3400, [-20, 1])).toBe('o');
    gate.reading(false, 3500);
    expect(row(gate, 3500, [-50, 1])).toBe('o');
  });
});
