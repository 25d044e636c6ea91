import { setImmediate } from 'node:timers/promises';
import type { Priority, Step } from './scheduler-policy.js';
import { Scheduler, raise, type Ticket } from './scheduler.js';

class NamedStep implements Step {
  readonly rows = 1;
  readonly group = null;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What ran, in order: names, those of a shared run joined by a plus. */
function recorded() {
  const order: string[] = [];
  const scheduler = new Scheduler<NamedStep, string>({
    settle: () => setImmediate(),
    together: async (steps) => {
      const names = steps.map(({ name }) => name);
      order.push(names.join('+'));
      if (names.includes('broken')) throw new Error('broken');
      return names.map((name) => `${name} done`);
    },
  });
  const run = (name: string, priority: Priority) =>
    scheduler.run({ priority }, async () => void order.push(name));
  const step = (name: string, ticket: Ticket = { priority: 'decode' }) =>
    scheduler.step(ticket, new NamedStep(name));
  return { order, scheduler, run, step };
}

describe('raise', () => {
  it('never lowers', () => {
    const ticket: Ticket = { priority: 'background' };
    raise(ticket, 'commit');
    raise(ticket, 'decode');
    expect(ticket.priority).toBe('commit');
  });
});

describe('Scheduler', () => {
  it('lets one run through at a time', async () => {
    const { scheduler } = recorded();
    let running = 0;
    const work = async () => {
      expect(++running).toBe(1);
      await setImmediate();
      running -= 1;
    };
    await Promise.all([1, 2, 3].map(() => scheduler.run({ priority: 'commit' }, work)));
  });

  it('lets a commit past the background that waits, also between the chunks of one prefill', async () => {
    const { order, run } = recorded();
    const chunks = run('chunk 1', 'background').then(() =>
      Promise.all([run('commit', 'commit'), run('chunk 2', 'background')]),
    );
    await Promise.all([chunks, run('other', 'background')]);
    expect(order).toEqual(['chunk 1', 'commit', 'other', 'chunk 2']);
  });

  it('runs steps together, and tells each its own result', async () => {
    const { order, step } = recorded();
    expect(await Promise.all([step('a'), step('b')])).toEqual(['a done', 'b done']);
    expect(order).toEqual(['a+b']);
  });

  it('keeps sequences in step: those of one run share the next one too', async () => {
    const { order, step } = recorded();
    const decode = async (name: string) => {
      for (let at = 0; at < 3; at++) await step(name);
    };
    await Promise.all(['a', 'b', 'c'].map(decode));
    expect(order).toEqual(['a+b+c', 'a+b+c', 'a+b+c']);
  });

  it('goes on after a run that failed, and after a step that failed with all that shared it', async () => {
    const { run, scheduler, step } = recorded();
    const failed = scheduler.run({ priority: 'commit' }, () => Promise.reject(new Error('alone')));
    await expect(failed).rejects.toThrow('alone');
    const thrown = scheduler.run({ priority: 'commit' }, () => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    const outcomes = await Promise.allSettled([step('a'), step('broken')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await run('after', 'commit');
    expect(await step('b')).toBe('b done');
  });

  it('sees a priority that rose while waiting', async () => {
    const { order, run, scheduler } = recorded();
    const risen: Ticket = { priority: 'background' };
    const runs = [run('decode', 'decode'), scheduler.run(risen, async () => void order.push('risen'))];
    raise(risen, 'commit');
    await Promise.all(runs);
    expect(order).toEqual(['risen', 'decode']);
  });

  it('lets no session starve, with many in decode and commits that never stop', async () => {
    const { run, step } = recorded();
    const served = new Map<string, number>();
    const until = { runs: 0 };
    const client = async (name: string, once: () => Promise<unknown>) => {
      while (until.runs < 1000) {
        await once();
        until.runs += 1;
        served.set(name, (served.get(name) ?? 0) + 1);
      }
    };
    const clients = [
      ...Array.from({ length: 20 }, (_, at) => client(`decode ${at}`, () => step(`decode ${at}`))),
      ...Array.from({ length: 6 }, (_, at) => client(`commit ${at}`, () => run('commit', 'commit'))),
      ...Array.from({ length: 4 }, (_, at) => client(`frames ${at}`, () => run('frame', 'background'))),
    ];
    await Promise.all(clients);
    const least = (kind: string) => {
      const counts = [...served].flatMap(([name, count]) => (name.startsWith(kind) ? count : []));
      return { sessions: counts.length, least: Math.min(...counts), most: Math.max(...counts) };
    };
    for (const [kind, sessions] of [
      ['decode', 20],
      ['commit', 6],
      ['frames', 4],
    ] as const) {
      const { least: low, most, sessions: count } = least(kind);
      expect(count).toBe(sessions);
      // Within a class they take turns; the last lap is cut short.
      expect(most - low).toBeLessThanOrEqual(2);
      expect(low).toBeGreaterThanOrEqual(2);
    }
  });
});
