import { RecoveryLine } from './recovery-line.js';

describe('RecoveryLine', () => {
  it('runs so many at a time, those that somebody waits for first', async () => {
    const line = new RecoveryLine(1);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const run = (name: string, urgent: () => boolean) =>
      line.run(urgent, async () => {
        order.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
    let someoneWaits = false;
    const all = [
      run('first', () => false),
      run('second', () => false),
      run('third', () => someoneWaits),
      run('fourth', () => true),
    ];
    someoneWaits = true;
    for (let index = 0; index < all.length; index++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(ends).toHaveLength(index + 1);
      ends[index]?.();
    }
    await Promise.all(all);
    expect(order).toEqual(['first', 'third', 'fourth', 'second']);
  });

  it('goes on after one that failed', async () => {
    const line = new RecoveryLine(1);
    await expect(
      line.run(
        () => false,
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no');
    await expect(
      line.run(
        () => false,
        () => Promise.resolve(1),
      ),
    ).resolves.toBe(1);
  });
});
