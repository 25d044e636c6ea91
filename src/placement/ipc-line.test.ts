import { EventEmitter } from 'node:events';
import { Guard } from '#modules/contracts';
import { IpcLine, type Channel } from './ipc-line.js';

interface Ours {
  double: [number, number];
  fail: [null, null];
  hang: [null, null];
}

/** Two ends that hand each other clones, as processes do. */
function lines() {
  const bugs: unknown[] = [];
  const guard = new Guard((_where, error) => bugs.push(error));
  const ends = [new End(), new End()] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  new IpcLine<Ours, Record<never, never>>(
    ends[0],
    {
      double: (n) => n * 2,
      fail: () => Promise.reject(new Error('no')),
      hang: () => new Promise(() => undefined),
    },
    guard,
  );
  return { asker: new IpcLine<Record<never, never>, Ours>(ends[1], {}, guard), ends, bugs };
}

class End extends EventEmitter implements Channel {
  connected = true;
  other: End | null = null;

  send(message: object, done: (error: Error | null) => void): boolean {
    queueMicrotask(() => {
      this.other?.emit('message', structuredClone(message));
      done(null);
    });
    return true;
  }
}

describe('IpcLine', () => {
  it('answers what is asked, and tells what failed', async () => {
    const { asker, bugs } = lines();
    expect(await Promise.all([asker.ask('double', 1), asker.ask('double', 2)])).toEqual([2, 4]);
    await expect(asker.ask('fail', null)).rejects.toThrow('fail: no');
    expect(bugs).toEqual([]);
  });

  it('waits no longer than it is told to, or than the other process lives', async () => {
    const { asker, ends } = lines();
    await expect(asker.ask('hang', null, 1)).rejects.toThrow('no answer within 1 ms');
    const waiting = asker.ask('hang', null, Infinity);
    ends[1].emit('disconnect');
    await expect(waiting).rejects.toThrow('has gone');
    ends[1].connected = false;
    await expect(asker.ask('double', 1)).rejects.toThrow('has gone');
  });

  it('passes over what is no message of ours', () => {
    const { ends, bugs } = lines();
    for (const message of [null, 'x', {}, { k: 'ask', id: 'x' }, { k: 'ask', id: 1, what: 'toString' }])
      ends[0].emit('message', message);
    ends[1].emit('message', { k: 'answer', id: 99, ok: true, value: 1 });
    expect(bugs).toEqual([]);
  });
});
