import { RestartPolicy } from './restart-policy.js';

describe('RestartPolicy', () => {
  test('one that does not come up is tried ever more slowly, and given up', () => {
    const policy = new RestartPolicy();
    const waits = Array.from({ length: 6 }, (_, n) => policy.onEnd(false, n * 1000));
    expect(waits).toEqual([100, 500, 2000, 5000, 10_000, null]);
  });

  test('coming up once forgives the starts that failed', () => {
    const policy = new RestartPolicy();
    for (let n = 0; n < 5; n += 1) policy.onEnd(false, n);
    policy.onReady();
    expect(policy.onEnd(false, 10)).toBe(100);
  });

  test('one that came up is never given up, however often it ends', () => {
    const policy = new RestartPolicy();
    const waits = Array.from({ length: 100 }, (_, n) => policy.onEnd(true, n * 100));
    expect(waits.slice(0, 5)).toEqual([0, 0, 100, 200, 400]);
    expect(waits.at(-1)).toBe(5000);
  });

  test('a minute without an end, and it is an accident again', () => {
    const policy = new RestartPolicy();
    for (let n = 0; n < 10; n += 1) policy.onEnd(true, n);
    expect(policy.onEnd(true, 70_000)).toBe(0);
  });
});
