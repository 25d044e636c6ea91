import fc from 'fast-check';
import {
  NOBODY_WAITS,
  backlogReason,
  chunkOf,
  nextRun,
  passOver,
  type PassedOver,
  type Priority,
  type Waiting,
} from './scheduler-policy.js';

const LIMITS = { size: 4, padding: 100 };
const own = (priority: Priority): Waiting => ({ priority, step: null });
const step = (rows: number, group: object | null = null, priority: Priority = 'decode'): Waiting => ({
  priority,
  step: { rows, group },
});

function order(waiting: readonly Waiting[]): number[][] {
  let left = waiting.map((one, index) => ({ one, index }));
  let passedOver: PassedOver = NOBODY_WAITS;
  const runs: number[][] = [];
  while (left.length > 0) {
    const seen = left.map(({ one }) => one);
    const chosen = nextRun(seen, passedOver, LIMITS);
    passedOver = passOver(seen, chosen, passedOver);
    runs.push(chosen.flatMap((at) => left[at]?.index ?? []));
    left = left.filter((_, at) => !chosen.includes(at));
  }
  return runs;
}

describe('nextRun', () => {
  it('serves commits, then decoding, then the background; equals in turn', () => {
    const waiting = [own('background'), own('decode'), own('decode'), own('commit'), own('background')];
    expect(order(waiting)).toEqual([[3], [1], [2], [0], [4]]);
  });

  it('serves idle work when nobody else waits, however long that takes', () => {
    const waiting = [own('idle'), ...Array.from({ length: 40 }, () => own('background')), step(1)];
    expect(order(waiting).at(-1)).toEqual([0]);
  });

  it('runs nothing where nobody waits', () => {
    expect(nextRun([], NOBODY_WAITS, LIMITS)).toEqual([]);
  });

  it('gives every fifth run to decoding and every seventeenth to the background, however many commits come', () => {
    const waiting = [own('background'), step(1), ...Array.from({ length: 40 }, () => own('commit'))];
    const runs = order(waiting).map(([first]) => first);
    expect(runs.indexOf(1)).toBe(4);
    expect(runs.indexOf(0)).toBe(16);
  });

  it('puts all steps that wait into one run', () => {
    expect(order([step(10), own('background'), step(20), step(15)])).toEqual([[0, 2, 3], [1]]);
  });

  it('takes steps along with one that a commit waits behind', () => {
    const waiting = [step(10), own('commit'), step(10, null, 'commit')];
    expect(nextRun(waiting.slice(0, 1).concat(waiting.slice(2)), NOBODY_WAITS, LIMITS)).toEqual([1, 0]);
  });

  it('never shares a run with what is no step', () => {
    expect(order([own('decode'), step(1), own('decode')])).toEqual([[0], [1], [2]]);
  });

  it('holds a batch to its size', () => {
    expect(order(Array.from({ length: 6 }, () => step(1)))).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  it('leaves a past out that is so long that the others would be padded beyond the limit', () => {
    expect(order([step(10), step(60), step(120), step(50)])).toEqual([[0, 1, 3], [2]]);
  });

  it('keeps groups as they are where they do not fit into one run together', () => {
    const [a, b] = [{}, {}];
    const waiting = [step(1, a), step(1, b), step(1, a), step(1, b), step(1, a)];
    expect(order(waiting)).toEqual([
      [0, 2, 4],
      [1, 3],
    ]);
  });

  it('joins groups that fit into one run, and lets newcomers in first', () => {
    const [a, b] = [{}, {}];
    expect(order([step(1, a), step(1, b), step(1, a)])).toEqual([[0, 2, 1]]);
    expect(order([step(1, a), step(1, b), step(1, b), step(1), step(1)])).toEqual([
      [0, 3, 4],
      [1, 2],
    ]);
  });

  it('lets nobody starve: whoever waits is served within a number of runs that depends on who waits alone', () => {
    const arrivals = fc.array(
      fc.record({
        priority: fc.constantFrom<Priority>('commit', 'decode', 'background'),
        rows: fc.nat(300),
        isStep: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(arrivals, (clients) => {
        // Each client comes back as soon as it was served, as sessions do that ask without a pause.
        let passedOver: PassedOver = NOBODY_WAITS;
        let worst = 0;
        let line = clients.map((client, index) => ({ client, index, since: 0 }));
        for (let run = 1; run <= 400; run++) {
          const seen = line.map(({ client }): Waiting => {
            const stepping = client.isStep && client.priority === 'decode';
            return { priority: client.priority, step: stepping ? { rows: client.rows, group: null } : null };
          });
          const chosen = nextRun(seen, passedOver, LIMITS);
          passedOver = passOver(seen, chosen, passedOver);
          const served = chosen.flatMap((at) => line[at] ?? []);
          line = line.filter((one) => !served.includes(one));
          line.push(...served.map((one) => ({ ...one, since: run })));
          worst = Math.max(worst, ...line.map(({ since }) => run - since));
        }
        expect(worst).toBeLessThanOrEqual(18 * clients.length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('chunkOf', () => {
  it('cuts background prefill into chunks of at most 64 tokens', () => {
    expect(chunkOf('background')).toBe(64);
    expect(chunkOf('commit')).toBeGreaterThan(64);
  });
});

describe('backlogReason', () => {
  it.each([
    [1, 15, null],
    [2, 2, 'session_backlog'],
    [0, 16, 'worker_backlog'],
  ])('with %i waiting in the session and %i in the worker: %s', (session, worker, reason) => {
    expect(backlogReason({ session, worker }, { perSession: 2, perWorker: 16 })).toBe(reason);
  });
});
