import { Guard } from './guard.js';

describe('Guard', () => {
  let bugs: [string, string][];
  let guard: Guard;
  beforeEach(() => {
    bugs = [];
    guard = new Guard((where, error) => bugs.push([where, (error as Error).message]));
  });

  it('tells what its work throws, and throws nothing', () => {
    guard.run('a', () => {
      throw new Error('struck');
    });
    guard.run('b', () => 7);
    expect(bugs).toEqual([['a', 'struck']]);
  });

  it('tells the rejection of what its work has begun', async () => {
    guard.run('a', () => Promise.reject(new Error('late')));
    guard.watch('b', Promise.reject(new Error('later')));
    guard.watch('c', Promise.resolve());
    await Promise.resolve();
    expect(bugs).toEqual([
      ['a', 'late'],
      ['b', 'later'],
    ]);
  });

  it('hands arguments on', () => {
    const got: unknown[] = [];
    const callback = guard.wrap('a', (x: number, y: string) => {
      got.push(x, y);
      if (x > 1) throw new Error(y);
    });
    callback(1, 'one');
    callback(2, 'two');
    expect(got).toEqual([1, 'one', 2, 'two']);
    expect(bugs).toEqual([['a', 'two']]);
  });

  it('runs its work within what it was given', () => {
    const order: string[] = [];
    const within = new Guard(
      (where) => bugs.push([where, '']),
      (work) => {
        order.push('in');
        return work();
      },
    );
    within.run('a', () => order.push('work'));
    expect(order).toEqual(['in', 'work']);
  });
});
