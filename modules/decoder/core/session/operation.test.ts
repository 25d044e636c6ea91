import { Operation, OperationQueue } from './operation.js';

describe('OperationQueue', () => {
  it('is settled when what was queued has ended, with what the idle time led to', async () => {
    const said: string[] = [];
    const work = (what: string) => async () => {
      await Promise.resolve();
      said.push(what);
    };
    let idle = 0;
    const queue = new OperationQueue(() => {
      idle += 1;
      if (idle > 2) return;
      void queue.run(new Operation('idle', null), work(`ahead ${idle}`));
    });
    void queue.run(new Operation('commit', 1), work('asked'));
    await queue.idle();
    expect(said).toEqual(['asked']);
    await queue.settled();
    expect(said).toEqual(['asked', 'ahead 1', 'ahead 2']);
    await queue.settled();
  });
});
