import { PortPool } from './port-pool.js';

describe('PortPool', () => {
  test('hands out ports until none is left, and takes them back', () => {
    const pool = new PortPool([50_000, 50_001]);
    expect([pool.take(), pool.take(), pool.take(), pool.free]).toEqual([50_000, 50_001, null, 0]);
    pool.give(50_001);
    pool.give(50_000);
    expect([pool.free, pool.take(), pool.take()]).toEqual([2, 50_001, 50_000]);
  });

  test('a range may be one port', () => {
    const pool = new PortPool([50_000, 50_000]);
    expect([pool.take(), pool.take()]).toEqual([50_000, null]);
  });
});
