import { PortPool } from './port-pool.js';

describe('PortPool', () => {
  test('hands out blocks until none is left, and takes them back', () => {
    const pool = new PortPool([50_000, 50_004], 2);
    const first = pool.take();
    expect(first).toEqual([50_000, 50_001]);
    expect(pool.take()).toEqual([50_002, 50_003]);
    expect(pool.take()).toBeNull();
    if (first) pool.give(first);
    expect(pool.take()).toEqual([50_000, 50_001]);
  });
});
