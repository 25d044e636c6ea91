import { runLanes } from './lanes.mjs';
import { StepError } from './process.mjs';

describe('runLanes', () => {
  let now;
  let begun;
  /** Ends by hand, or by being stopped. */
  const perform = ({ name }, signal) => {
    const step = { name, signal };
    begun.push(step);
    return new Promise((resolve, reject) => {
      Object.assign(step, { resolve, reject });
      signal.addEventListener('abort', () => reject(new StepError('stopped')));
    });
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const names = (text) => text.split(' ').map((name) => ({ name }));
  const run = (...lanes) => runLanes(lanes.map(names), perform, () => now);
  const short = (outcomes) => outcomes.map(({ name, state, tookMs }) => `${name} ${state} ${tookMs}`);

  beforeEach(() => {
    now = 0;
    begun = [];
  });

  test('lanes run side by side, their steps in order', async () => {
    const done = run('a b', 'c');
    await turn();
    expect(begun.map(({ name }) => name)).toEqual(['a', 'c']);
    now = 10;
    begun[0].resolve();
    await turn();
    expect(begun.map(({ name }) => name)).toEqual(['a', 'c', 'b']);
    now = 15;
    begun[2].resolve();
    await turn();
    begun[1].resolve();
    expect(short(await done)).toEqual(['a passed 10', 'b passed 5', 'c passed 15']);
  });

  test('the first that fails stops the others, and no more begin', async () => {
    const done = run('a b', 'c d');
    await turn();
    begun[1].reject(new StepError('c broke'));
    const outcomes = await done;
    expect(short(outcomes)).toEqual(['c failed 0', 'a stopped 0']);
    expect(outcomes[0].error.message).toBe('c broke');
    expect(begun).toHaveLength(2);
  });

  test('a bug is no failed check: it is thrown, once everything has stopped', async () => {
    const done = run('a', 'c');
    await turn();
    begun[0].reject(new TypeError('bug'));
    await expect(done).rejects.toThrow('bug');
    expect(begun[1].signal.aborted).toBe(true);
  });
});
