import { setTimeout as sleep } from 'node:timers/promises';
import { Guard, VisavisError, workerEntry } from '#modules/contracts';
import { VadWorkerClient } from './vad-worker-client.js';

// Real threads. The crashing worker stands in for a model that dies; the contract test covers the real one.
const CRASHING = workerEntry('../testing/crashing-worker', import.meta.url);
const job = (sample: number) => ({ stream: 1, pcm: Float32Array.of(sample), reset: false });

let opened: VadWorkerClient[] = [];
afterEach(async () => {
  await Promise.all(opened.map((client) => client.close()));
  opened = [];
});

function setUp(entry = CRASHING) {
  const lost: [string, boolean][] = [];
  const bugs: unknown[] = [];
  let onResult: () => void = () => undefined;
  let onLost: () => void = () => undefined;
  const client = new VadWorkerClient(
    { model: 'v6', maxBatch: 1 },
    {
      onResults: () => onResult(),
      onLost: (error, willRestart) => {
        lost.push([error.message, willRestart]);
        onLost();
      },
      guard: new Guard((where, error) => bugs.push([where, error])),
    },
    { entry, askEveryMs: 20 },
  );
  opened.push(client);
  return {
    client,
    lost,
    bugs,
    nextResult: () => new Promise<void>((resolve) => (onResult = resolve)),
    nextLoss: () => new Promise<void>((resolve) => (onLost = resolve)),
  };
}

describe('VadWorkerClient', () => {
  it('takes nothing before start and after close', async () => {
    const { client } = setUp();
    expect(client.submit(job(1))).toBe(false);
    await client.start();
    expect(client.submit(job(1))).toBe(true);
    await client.close();
    expect(client.submit(job(1))).toBe(false);
  });

  it('starts a worker that died anew', async () => {
    const { client, lost, nextLoss, nextResult } = setUp();
    await client.start();
    const loss = nextLoss();
    client.submit(job(-1));
    await loss;
    const result = nextResult();
    expect(client.submit(job(1))).toBe(true);
    await result;
    expect(lost).toEqual([[expect.stringContaining('struck'), true]]);
  });

  it('gives up on a worker that dies three times in a row', async () => {
    const { client, lost, nextLoss } = setUp();
    await client.start();
    for (let i = 0; i < 3; i++) {
      const loss = nextLoss();
      client.submit(job(-1));
      await loss;
    }
    expect(lost.map(([, willRestart]) => willRestart)).toEqual([true, true, false]);
    expect(client.submit(job(1))).toBe(false);
  });

  it('leaves a worker that hangs to itself, and starts another', async () => {
    const { client, lost, nextLoss, nextResult } = setUp();
    await client.start();
    const loss = nextLoss();
    client.submit(job(-2));
    await loss;
    expect(lost).toEqual([[expect.stringContaining('hangs'), true]]);
    expect(client.stuckThreads).toBe(1);
    const result = nextResult();
    client.submit(job(1));
    await result;
    while (client.stuckThreads > 0) await sleep(50);
  });

  it('does not wait for a worker that hangs at the end', async () => {
    const { client } = setUp();
    await client.start();
    client.submit(job(-2));
    await client.close();
    expect(client.stuckThreads).toBe(1);
    while (client.stuckThreads > 0) await sleep(50);
  });

  it('reports a model that does not load', async () => {
    const { client } = setUp({ url: new URL('./no-such-worker.ts', import.meta.url), execArgv: [] });
    const error = await client.start().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(VisavisError);
    expect(error).toMatchObject({ code: 'bad_model' });
  });
});
