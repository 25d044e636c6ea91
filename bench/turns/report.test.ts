import { byKind, figures, summary, table, type Judged } from './report.js';

function one(given: Partial<Judged>): Judged {
  return {
    id: 'x',
    kind: 'laughter',
    lang: 'en',
    setting: 'server_vad',
    right: true,
    wrongTurns: 0,
    early: false,
    cancelled: false,
    delayMs: null,
    why: '',
    heard: { committed: [], answers: [], underWay: null },
    ...given,
  };
}

const judged = [
  one({ delayMs: 500 }),
  one({ delayMs: 700 }),
  one({ right: false, delayMs: 9000, wrongTurns: 2, early: true }),
  one({ kind: 'babble', setting: 'auto', right: false, cancelled: true }),
];

describe('the report of turns', () => {
  it('counts what went wrong, and tells the delays of what went right', () => {
    expect(figures(judged)).toEqual({
      n: 4,
      right: 2,
      wrongTurns: 2,
      early: 1,
      cancelled: 1,
      delayMs: { mean: 600, p50: 500, p95: 700 },
    });
    expect(figures([]).delayMs).toEqual({ mean: null, p50: null, p95: null });
  });

  it('tells kinds and settings apart', () => {
    expect(byKind(judged).map(({ kind, setting, n, right }) => [kind, setting, n, right])).toEqual([
      ['laughter', 'server_vad', 3, 2],
      ['babble', 'auto', 1, 0],
    ]);
    expect(Object.keys(summary(judged))).toEqual(['all', 'server_vad', 'auto']);
  });

  it('is a line a kind for people', () => {
    const lines = table(byKind(judged), ['server_vad', 'auto']).split('\n');
    expect(lines[1]).toMatch(/^laughter +2\/3 +– +2 +1 +0 +500\/700/);
    expect(lines[2]).toMatch(/^babble +– +0\/1 +0 +0 +1/);
    expect(lines[3]).toMatch(/^all +2\/3 +0\/1/);
  });
});
