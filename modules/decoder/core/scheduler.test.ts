import { WaitingLine, mustShed, raise, type Priority, type Ticket } from './scheduler.js';
import { Turnstile } from './turnstile.js';

const named = (name: string, priority: Priority) => ({ name, priority });

describe('WaitingLine', () => {
  it('serves commits, then decoding, then the background; equals in turn', () => {
    const line = new WaitingLine<Ticket & { name: string }>();
    for (const [name, priority] of [
      ['frame', 'background'],
      ['token a', 'decode'],
      ['token b', 'decode'],
      ['end of speech', 'commit'],
    ] as const) {
      line.add(named(name, priority));
    }
    const served = Array.from({ length: 4 }, () => line.take()?.name);
    expect(served).toEqual(['end of speech', 'token a', 'token b', 'frame']);
    expect(line.take()).toBeUndefined();
  });
});

describe('raise', () => {
  it('never lowers', () => {
    const ticket: Ticket = { priority: 'background' };
    raise(ticket, 'commit');
    raise(ticket, 'decode');
    expect(ticket.priority).toBe('commit');
  });
});

describe('mustShed', () => {
  it.each([
    [1, 15, false],
    [2, 2, true],
    [0, 16, true],
  ])('with %i waiting in the session and %i in the worker: %s', (session, worker, shed) => {
    expect(mustShed({ session, worker }, { perSession: 2, perWorker: 16 })).toBe(shed);
  });
});

describe('Turnstile', () => {
  it('lets one run through at a time, and a commit past the background that waits', async () => {
    const turnstile = new Turnstile(() => Promise.resolve());
    const order: string[] = [];
    let running = 0;
    const run = (name: string, priority: Priority) =>
      turnstile.run({ priority }, async () => {
        expect(++running).toBe(1);
        await Promise.resolve();
        order.push(name);
        running -= 1;
      });
    const first = run('chunk 1', 'background').then(() => run('chunk 2', 'background'));
    await Promise.resolve();
    await Promise.all([first, run('other chunk', 'background'), run('commit', 'commit')]);
    expect(order.indexOf('commit')).toBeLessThan(order.indexOf('other chunk'));
    expect(order.at(-1)).toBe('chunk 2');
  });

  it('gives way after a run that failed', async () => {
    const turnstile = new Turnstile(() => Promise.resolve());
    const failed = turnstile.run({ priority: 'commit' }, () => Promise.reject(new Error('broken')));
    await expect(failed).rejects.toThrow('broken');
    expect(await turnstile.run({ priority: 'commit' }, () => Promise.resolve(1))).toBe(1);
  });

  it('sees a priority that rose while waiting', async () => {
    const turnstile = new Turnstile(() => Promise.resolve());
    const order: string[] = [];
    const risen: Ticket = { priority: 'background' };
    const runs = [
      turnstile.run({ priority: 'commit' }, () => Promise.resolve(order.push('first'))),
      turnstile.run({ priority: 'decode' }, () => Promise.resolve(order.push('decode'))),
      turnstile.run(risen, () => Promise.resolve(order.push('risen'))),
    ];
    raise(risen, 'commit');
    await Promise.all(runs);
    expect(order).toEqual(['first', 'risen', 'decode']);
  });
});
