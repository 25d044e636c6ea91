import { jest } from '@jest/globals';
import { workerEntry, type VisavisError } from '#modules/contracts';
import type { EngineWorkerData } from './worker-protocol.js';
import { WorkerPool } from './worker-pool.js';

// Real: the threads. Fake: what runs in them, a worker without a model that dies when it is asked to.

// Threads take seconds to start where the machine is busy.
jest.setTimeout(60_000);

const entry = workerEntry('../../testing/frail-worker', import.meta.url);

function startPool(size: number) {
  const lost: { error: VisavisError; willRestart: boolean }[] = [];
  let onLost = (): void => undefined;
  const pool = new WorkerPool({} as EngineWorkerData, {
    size,
    stallMs: 60_000,
    entry,
    onLost: ({ error }, willRestart) => {
      lost.push({ error, willRestart });
      onLost();
    },
  });
  const nextLoss = () => new Promise<void>((resolve) => (onLost = resolve));
  return { pool, lost, nextLoss };
}

const open = (pool: WorkerPool, system: string) => {
  const { client, release } = pool.lease();
  return { release, client, opened: client.ask({ t: 'open', session: 1, system, budgetTokens: null }) };
};

/** Until the pool has a worker again. */
async function untilUp(pool: WorkerPool): Promise<void> {
  for (;;) {
    try {
      pool.lease().release();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('WorkerPool', () => {
  it('rejects what was asked of a worker that died, and starts another', async () => {
    const { pool, lost } = startPool(1);
    await pool.start();
    const { client, opened } = open(pool, 'die');
    const later = client.ask({ t: 'close', session: 1 });
    await expect(opened).rejects.toMatchObject({ code: 'engine_failed', retryable: true });
    await expect(later).rejects.toMatchObject({ code: 'engine_failed' });
    await expect(client.ask({ t: 'close', session: 1 })).rejects.toMatchObject({ code: 'engine_failed' });
    expect(lost).toMatchObject([
      { willRestart: true, error: { message: expect.stringContaining('died as asked') } },
    ]);
    expect(() => pool.lease()).toThrow(/no engine worker is up/);
    await untilUp(pool);
    await expect(open(pool, '').opened).resolves.toMatchObject({ tokens: 1 });
    await pool.close(0);
  });

  it('has whoever waits for a worker wait until one is up, or none will be', async () => {
    const { pool } = startPool(1);
    await pool.start();
    await open(pool, 'die').opened.catch(() => undefined);
    const { client } = await pool.leaseWhenUp();
    expect(client.lostBy).toBeNull();
    const closed = pool.close(0);
    await expect(pool.leaseWhenUp()).rejects.toMatchObject({ code: 'session_closed' });
    await closed;
  });

  it('gives up on a worker that keeps dying', async () => {
    const { pool, lost } = startPool(1);
    await pool.start();
    for (let time = 1; time <= 3; time++) {
      await untilUp(pool);
      await open(pool, 'die').opened.catch(() => undefined);
    }
    expect(lost.map(({ willRestart }) => willRestart)).toEqual([true, true, false]);
    await expect(pool.leaseWhenUp()).rejects.toMatchObject({ code: 'engine_failed' });
    await pool.close(0);
  });

  it('replaces a worker that dies idle however often it does', async () => {
    const { pool, lost } = startPool(1);
    await pool.start();
    for (let time = 1; time <= 4; time++) {
      const { client, release } = await pool.leaseWhenUp();
      client.ask({ t: 'close', session: 7 }).catch(() => undefined);
      release();
      await new Promise((resolve) => client.onLost(resolve));
    }
    expect(lost.every(({ willRestart }) => willRestart)).toBe(true);
    await pool.close(0);
  });

  it('does not wait for ever for a worker that is stuck before it is ready', async () => {
    const stuck = workerEntry('../../testing/stuck-worker', import.meta.url);
    const options = { size: 1, stallMs: 60_000, loadMs: 200, entry: stuck, onLost: () => undefined };
    const pool = new WorkerPool({} as EngineWorkerData, options);
    await expect(pool.start()).rejects.toMatchObject({
      code: 'engine_failed',
      message: 'the engine worker did not load its model within 200 ms',
    });
    expect(pool.stuck).toBe(1);
    while (pool.stuck > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('counts failures anew after a success', async () => {
    const { pool, lost } = startPool(1);
    await pool.start();
    for (let time = 1; time <= 4; time++) {
      await untilUp(pool);
      const { client, opened } = open(pool, '');
      await opened;
      pool.succeeded(client);
      await open(pool, 'die').opened.catch(() => undefined);
    }
    expect(lost.every(({ willRestart }) => willRestart)).toBe(true);
    await pool.close(0);
  });

  it('spreads sessions over the workers, and knows of places given back', async () => {
    const { pool } = startPool(2);
    await pool.start();
    const [first, second] = [pool.lease(), pool.lease()];
    expect(second.client).not.toBe(first.client);
    first.release();
    first.release();
    expect(pool.lease().client).toBe(first.client);
    await pool.close(0);
  });
});
