import { AppendPace } from './append-pace.js';

const LIMITS = { aheadMs: 1000, patienceMs: 200 };

/** Asks as a client's queue does: what is to wait is asked again then. */
function feed(pace: AppendPace, pieces: number, ms: number, fromMs = 0) {
  let atMs = fromMs;
  const verdicts: string[] = [];
  for (let i = 0; i < pieces; i++) {
    for (let verdict = pace.ask(ms, atMs); ; verdict = pace.ask(ms, atMs)) {
      if (verdict.k !== 'wait') {
        verdicts.push(verdict.k);
        break;
      }
      atMs += verdict.ms;
    }
  }
  return { verdicts, atMs, taken: verdicts.filter((k) => k === 'take').length };
}

describe('AppendPace', () => {
  it('takes a microphone in real time, for as long as it likes', () => {
    const pace = new AppendPace(LIMITS);
    for (let i = 0; i < 10_000; i++) expect(pace.ask(20, i * 20)).toEqual({ k: 'take' });
  });

  it('takes at once what is ahead by no more than the bound', () => {
    const { verdicts, atMs } = feed(new AppendPace(LIMITS), 50, 20);
    expect(new Set(verdicts)).toEqual(new Set(['take']));
    expect(atMs).toBe(0);
  });

  it('holds up who goes on, then refuses, and takes again when time has caught up', () => {
    const pace = new AppendPace(LIMITS);
    const flood = feed(pace, 10_000, 20);
    expect(flood.atMs).toBe(200);
    expect(flood.taken).toBe(60);
    expect(pace.ask(20, 300)).toEqual({ k: 'refuse' });
    expect(pace.ask(20, 450)).toEqual({ k: 'take' });
  });

  it('never takes more than real time and the bounds allow, whatever is sent', () => {
    const pace = new AppendPace(LIMITS);
    let taken = 0;
    for (let atMs = 0; atMs < 20_000; atMs += 7) {
      if (pace.ask(35, atMs).k === 'take') taken += 35;
      expect(taken).toBeLessThanOrEqual(atMs + LIMITS.aheadMs);
    }
    expect(taken).toBeGreaterThan(8000);
  });

  it('refuses a piece that is too long by itself, and no other for its sake', () => {
    const pace = new AppendPace(LIMITS);
    expect(pace.ask(5000, 0)).toEqual({ k: 'refuse' });
    expect(pace.ask(900, 0)).toEqual({ k: 'take' });
  });

  it('gives a pause no credit', () => {
    const pace = new AppendPace(LIMITS);
    pace.ask(20, 0);
    expect(pace.ask(1000, 60_000)).toEqual({ k: 'take' });
    expect(pace.ask(20, 60_000)).toEqual({ k: 'wait', ms: 20 });
  });

  it('loses no more than once of a client that comes down to real time at the bound', () => {
    const pace = new AppendPace(LIMITS);
    feed(pace, 50, 20);
    let refused = 0;
    let atMs = 0;
    for (let i = 0; i < 2000; i++) {
      atMs = Math.max(atMs, i * 20);
      const { verdicts, atMs: after } = feed(pace, 1, 20, atMs);
      atMs = after;
      if (verdicts[0] === 'refuse') refused += 1;
    }
    expect(refused).toBeLessThanOrEqual(20);
  });
});
