import type { ServerEvent } from '@vis-a-vis/protocol';
import { DEFAULT_RECOVERY } from '../core/recovery.js';
import { CallError } from '../errors.js';
import { ManualClock, settle } from '../testing/clock.js';
import type { Link, LinkListener, Opening } from './edge.js';
import { Lifeline } from './lifeline.js';

/** Real: the lifeline, with all that it rests on. Made up: connections, which do what a test says, and time. */
class Wire implements Link {
  readonly maxMessageBytes = 1024;
  readonly sent: string[] = [];
  closed = false;
  restarts: ((error: CallError | null) => void)[] = [];

  constructor(
    readonly opening: Opening,
    readonly told: LinkListener,
  ) {}

  send(text: string): void {
    this.sent.push(text);
  }

  restart(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.restarts.push((error) => (error ? reject(error) : resolve()));
    });
  }

  stats(): never {
    throw new Error('nobody asks');
  }

  close(): void {
    this.closed = true;
  }

  says(event_id: string, visavis?: object): void {
    const type = visavis ? 'session.created' : 'input_audio_buffer.cleared';
    this.told.message(JSON.stringify({ type, event_id, ...(visavis && { visavis }) }));
  }

  goesOn(token: string, { received = 0, missed = 0 } = {}): void {
    this.says(`hello-${token}`, {
      resume: { token, window_ms: 1 },
      resumed: { replayed: 0, missed, received },
    });
  }
}

async function begun() {
  const clock = new ManualClock();
  const wires: Wire[] = [];
  /** What becomes of the next attempts to connect. */
  const dials: ((wire: Wire | CallError) => void)[] = [];
  const told: string[] = [];
  const lifeline = new Lifeline({
    edge: {
      timers: clock,
      dial: (opening, listener, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          const wire = new Wire(opening, listener);
          wires.push(wire);
          dials.push((result) => (result instanceof CallError ? reject(result) : resolve(result)));
        }),
    },
    session: () => ({}),
    recovery: DEFAULT_RECOVERY,
    wantsRedial: () => false,
    told: {
      event: ({ event_id }: ServerEvent) => told.push(event_id),
      reconnecting: ({ way }) => told.push(`${way}?`),
      abandoned: (why) => told.push(`abandoned: ${why}`),
      resumed: (kept) => told.push(kept ? 'kept' : 'anew'),
      lost: (error) => told.push(`lost ${error?.code ?? ''}`.trim()),
    },
  });
  const wire = (at: number): Wire => {
    const one = wires.at(at);
    if (!one) throw new Error('nobody has dialled');
    return one;
  };
  const stage = {
    clock,
    wires,
    told,
    lifeline,
    wire,
    /** The newest attempt connects, or is refused. */
    connects: async (error?: CallError) => {
      dials.shift()?.(error ?? wire(-1));
      await settle();
      return wire(-1);
    },
    /** Lets the next attempt be made. */
    tries: async () => {
      lifeline.hurry();
      await settle();
      return wire(-1);
    },
    /** @returns what was told since it was asked last */
    since: () => told.splice(0),
  };
  const opened = lifeline.open(new AbortController().signal);
  const first = await stage.connects();
  await opened;
  first.says('e1', { resume: { token: 't1', window_ms: 60_000 } });
  return stage;
}

/** Its connection is lost, the gateway keeps it, and the first attempt to come back is under way. */
async function coming() {
  const stage = await begun();
  const before = stage.wire(0);
  before.told.state('interrupted', 'gone');
  await stage.tries();
  before.restarts.shift()?.(refused('not_found'));
  await settle();
  const next = await stage.tries();
  expect(stage.since()).toEqual(['e1', 'restart?', 'resume?']);
  expect(next.opening.resume).toEqual({ token: 't1', last_event_id: 'e1' });
  return { ...stage, before, next };
}

const refused = (code: string): CallError => new CallError(code, `Refused: ${code}.`);

describe('a call that is come back to', () => {
  it('goes from one connection to the other when the gateway has said so, and not before', async () => {
    const { before, next, connects, lifeline, since } = await coming();
    await connects();
    expect([before.closed, lifeline.link === before, since()]).toEqual([false, true, []]);
    next.goesOn('t2');
    next.says('e2');
    await settle();
    expect([before.closed, lifeline.link === next, lifeline.up]).toEqual([true, true, true]);
    next.says('e3');
    expect(since()).toEqual(['kept', 'hello-t2', 'e2', 'e3']);
  });

  it('sends what has not come, once, whichever connection it went to', async () => {
    const { before, next, connects, lifeline } = await coming();
    for (const text of ['a', 'b']) lifeline.send(text);
    await connects();
    lifeline.send('c');
    next.goesOn('t2', { received: 1 });
    await settle();
    lifeline.send('d');
    expect([before.sent, next.sent]).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'd'],
    ]);
  });

  it('is told each event once where the connection before still tells some', async () => {
    const { before, next, connects, since } = await coming();
    before.says('e2');
    await connects();
    before.says('e3');
    next.goesOn('t2');
    for (const id of ['e2', 'e3', 'e4']) next.says(id);
    await settle();
    before.says('e5');
    expect(since()).toEqual(['e2', 'e3', 'kept', 'hello-t2', 'e4']);
  });

  it('fails what was under way where too much was missed', async () => {
    const { next, connects, since } = await coming();
    await connects();
    next.goesOn('t2', { missed: 3 });
    await settle();
    expect(since()).toEqual(['abandoned: Too much was missed of the call.', 'kept', 'hello-t2']);
  });

  it.each(['resume_not_found', 'resume_expired', 'draining'])(
    'is another one where the gateway says %s; what is said from then on waits for it',
    async (code) => {
      const { before, connects, lifeline, since, tries, wire } = await coming();
      lifeline.send('lost');
      await connects(refused(code));
      await tries();
      expect(since()).toEqual(['dial?', 'abandoned: The conversation was lost with its connection.']);
      expect([before.closed, wire(-1).opening.resume]).toEqual([true, undefined]);
      lifeline.send('waits');
      await connects();
      wire(-1).says('f1', { resume: { token: 'u1', window_ms: 1 } });
      expect([wire(-1).sent, since()]).toEqual([['waits'], ['anew', 'f1']]);
      // The other call has a token of its own.
      wire(-1).told.state('closed', 'gone');
      expect((await tries()).opening.resume).toEqual({ token: 'u1', last_event_id: 'f1' });
    },
  );

  it('waits for a gateway that is not there, and is another one where that knows nothing of it', async () => {
    const { connects, since, tries } = await coming();
    await connects(refused('connect_failed'));
    await tries();
    await connects(refused('resume_not_found'));
    await tries();
    await connects();
    expect(since()).toEqual([
      'resume?',
      'dial?',
      'abandoned: The conversation was lost with its connection.',
      'anew',
    ]);
  });

  it('is tried again by the same token where the network goes before it is greeted', async () => {
    const { clock, connects, next, since, tries } = await coming();
    await connects();
    next.told.state('interrupted', 'gone');
    await settle();
    const second = await tries();
    expect([next.closed, second.opening.resume?.token]).toEqual([true, 't1']);
    await connects();
    // Nothing comes, and nothing is told of it.
    await clock.advance(10_000);
    const third = await tries();
    expect([second.closed, third.opening.resume?.token]).toEqual([true, 't1']);
    await connects();
    third.says('e2');
    await settle();
    expect([third.closed, (await tries()).opening.resume?.token]).toEqual([true, 't1']);
    (await connects()).goesOn('t2');
    await settle();
    expect(since()).toEqual(['resume?', 'resume?', 'resume?', 'kept', 'hello-t2']);
  });

  it('is come back to by the next token where the network goes once more', async () => {
    const { connects, next, since, tries } = await coming();
    await connects();
    next.goesOn('t2');
    await settle();
    next.told.state('closed', 'gone');
    expect((await tries()).opening.resume).toEqual({ token: 't2', last_event_id: 'hello-t2' });
    (await connects()).goesOn('t3');
    await settle();
    expect(since()).toEqual(['kept', 'hello-t2', 'resume?', 'kept', 'hello-t3']);
  });

  it('goes on as before where its connection is well again and no other is greeted', async () => {
    const { before, connects, lifeline, since } = await coming();
    before.told.state('up', '');
    expect(lifeline.up).toBe(false);
    await connects(refused('connect_failed'));
    before.says('e2');
    expect([lifeline.link === before, lifeline.up, since()]).toEqual([true, true, ['kept', 'e2']]);
  });

  it('is still come back to where the connection before ends meanwhile, in whatever way', async () => {
    const { before, connects, lifeline, next, since } = await coming();
    before.told.state('hung_up', 'the gateway hung up');
    expect([before.closed, lifeline.link]).toEqual([true, null]);
    lifeline.send('a');
    await connects();
    next.goesOn('t2');
    await settle();
    expect([next.sent, since()]).toEqual([['a'], ['kept', 'hello-t2']]);
  });

  it('ends where somebody hangs up meanwhile: while it is dialled, and while it waits for the greeting', async () => {
    for (const isConnected of [false, true]) {
      const { before, clock, connects, lifeline, next, since, wires } = await coming();
      if (isConnected) await connects();
      lifeline.close();
      await settle();
      expect([before.closed, next.closed]).toEqual([true, isConnected]);
      next.goesOn('t2');
      await clock.advance(100_000);
      expect([since(), wires.length]).toEqual([[], 2]);
      expect(() => lifeline.send('x')).toThrow('The call is closed.');
    }
  });

  it('is given up when its time is over', async () => {
    const { clock, connects, since } = await coming();
    for (let n = 0; n < 30; n += 1) {
      await clock.advance(4000);
      await connects(refused('connect_failed'));
    }
    expect(since().at(-1)).toBe('lost connect_failed');
  });
});

describe('a connection that is lost', () => {
  it('is not waited for in a restart that will not end, because it is closed', async () => {
    const { since, tries, wire } = await begun();
    wire(0).told.state('interrupted', 'gone');
    await tries();
    wire(0).told.state('closed', 'the connection failed');
    await settle();
    await tries();
    expect(since()).toEqual(['e1', 'restart?', 'resume?']);
  });

  it('ends the call where the gateway hangs up, though it would keep one that is lost', async () => {
    const { since, wire } = await begun();
    wire(0).told.state('hung_up', 'the gateway hung up');
    expect(since()).toEqual(['e1', 'lost']);
  });

  it('holds back so many messages, and no more', async () => {
    const { lifeline, wire } = await begun();
    wire(0).told.state('closed', 'gone');
    for (let n = 0; n < 200; n += 1) lifeline.send('x');
    expect(() => lifeline.send('x')).toThrow('There is no connection, and enough waits for one.');
  });
});
