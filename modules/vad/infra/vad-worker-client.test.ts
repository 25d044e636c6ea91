import { VisavisError, workerEntry } from '#modules/contracts';
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
    },
    entry,
  );
  opened.push(client);
  return {
    client,
    lost,
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

  it('reports a model that does not load', async () => {
    const { client } = setUp({ url: new URL('./no-such-worker.ts', import.meta.url), execArgv: [] });
    const error = await client.start().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(VisavisError);
    expect(error).toMatchObject({ code: 'bad_model' });
  });
});
