import { Notes, type Asked } from './record.js';
import { beyondBars, report, Tally, type Measured } from './report.js';
import type { Vitals } from './vitals.js';

const REST: Vitals = {
  rssMb: 300,
  children: 1,
  fds: 42,
  threads: 15,
  timers: 3,
  sockets: 0,
  engineWorkers: 1,
  sessions: 0,
  drops: {},
};
const rss = (minutes: number, slope: number) =>
  Array.from({ length: minutes * 12 }, (_, i) => ({ atMs: i * 5000, value: 300 + (slope * i) / 12 }));
const measured: Measured = {
  minutes: 30,
  seed: 7,
  most: 6,
  callersP99Ms: 12,
  rss: rss(30, 0.2),
  before: REST,
  after: REST,
};
const call = (leaving: 'hangup' | 'killed', asked: Asked[] = []) => {
  const notes = new Notes();
  notes.asked.push(...asked);
  return notes.record({ n: 0, leaving, camera: true });
};

describe('report', () => {
  it('adds up calls by the way they left and by what went wrong', () => {
    const tally = new Tally();
    tally.add(call('hangup'), { failures: [], wrong: 1 });
    tally.add(call('hangup'), { failures: ['not_ended', 'not_answered'], wrong: 0 });
    tally.add(call('killed'), { failures: [], wrong: 0 });
    tally.exits.push({ code: null, signal: 'SIGSEGV' }, { code: 1, signal: null });
    expect(report(tally, measured)).toMatchObject({
      calls: 3,
      failed: 1,
      wrong: 1,
      exits: 2,
      exitsBy: { SIGSEGV: 1, 'code 1': 1 },
      byLeaving: { hangup: { calls: 2, failed: 1 }, killed: { calls: 1, failed: 0 } },
      byFailure: { not_ended: 1, not_answered: 1 },
      minutes: 30,
      rssSlopeMbPerMin: 0.2,
      fds: { before: 42, after: 42 },
      seed: 7,
    });
  });

  it('tells what the ear took for nobody’s from what was not answered', () => {
    const tally = new Tally();
    const asked = { k: 'spoken', question: 'help', answer: null, right: false } as const;
    tally.add(call('hangup', [{ ...asked, failure: null }]), { failures: [], wrong: 1 });
    tally.add(call('hangup', [{ ...asked, failure: 'no answer' }]), { failures: ['not_answered'], wrong: 0 });
    expect(report(tally, measured)).toMatchObject({ failed: 1, wrong: 1, dismissed: 1 });
  });

  it('tells no slope of what is still settling', () => {
    expect(report(new Tally(), { ...measured, rss: rss(9, 20) }).rssSlopeMbPerMin).toBeNull();
  });
});

describe('beyondBars', () => {
  const beyond = (change: Partial<Measured>, fill: (tally: Tally) => void = () => undefined) => {
    const tally = new Tally();
    fill(tally);
    return beyondBars(report(tally, { ...measured, ...change }));
  };

  it('holds where everything is back where it began', () => expect(beyond({})).toEqual([]));
  it('lets answers be wrong', () =>
    expect(beyond({}, (tally) => tally.add(call('killed'), { failures: [], wrong: 3 }))).toEqual([]));

  it.each<[string, Partial<Measured>, RegExp]>([
    ['memory that grows', { rss: rss(30, 1.2) }, /^memory grows by 1\.2 MB/],
    ['files that stay open', { after: { ...REST, fds: 43 } }, /^fds: 42 before, 43 after/],
    ['timers that stay', { after: { ...REST, timers: 4 } }, /^timers/],
    ['threads that stay', { after: { ...REST, threads: 16 } }, /^threads/],
    ['processes that stay', { after: { ...REST, children: 2 } }, /^children/],
    ['calls that stay', { after: { ...REST, sessions: 1 } }, /^sessions/],
    ['a worker that is gone', { after: { ...REST, engineWorkers: 0 } }, /^engine workers/],
    ['timers that are not told', { after: { ...REST, timers: null } }, /^timers are not known/],
  ])('finds %s', (_, change, said) => expect(beyond(change)).toEqual([expect.stringMatching(said)]));

  it('finds calls that failed, and a gateway that ended', () => {
    const said = beyond({}, (tally) => {
      tally.add(call('killed'), { failures: ['not_ended'], wrong: 0 });
      tally.exits.push({ code: 1, signal: null });
    });
    expect(said).toEqual(['the gateway ended 1 times', '1 of 1 calls failed']);
  });
});
