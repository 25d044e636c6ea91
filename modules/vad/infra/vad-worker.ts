import { parentPort, workerData } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import { WindowBatcher } from '../core/batcher.js';
import { OnnxVadModel } from './onnx-vad-model.js';
import { jobsIn, type FromVadWorker, type ToVadWorker, type VadWorkerData } from './worker-protocol.js';

// Entry of the VAD worker thread. A failure is not caught: it ends the thread, and the main thread starts another.
if (!parentPort) throw new Error('vad-worker runs as a worker thread');
const port = parentPort;
const { model: name, maxBatch } = workerData as VadWorkerData;

const model = await OnnxVadModel.load(name);
const batcher = new WindowBatcher(model, maxBatch);
let running = false;
let draining = false;

function post(message: FromVadWorker): void {
  port.postMessage(message);
}

async function runAll(): Promise<void> {
  if (running) return;
  running = true;
  // Lets every message that has arrived in, so that their windows share the first run.
  await setImmediate();
  while (!batcher.idle) {
    const startedAt = performance.now();
    const results = await batcher.step();
    post({ t: 'results', results, runMs: performance.now() - startedAt });
  }
  running = false;
  if (draining) await end();
}

async function end(): Promise<void> {
  await model.release();
  port.close();
}

port.on('message', (message: ToVadWorker) => {
  switch (message.t) {
    case 'windows':
      for (const job of jobsIn(message)) batcher.push(job);
      void runAll();
      return;
    case 'close_stream':
      batcher.close(message.stream);
      return;
    case 'ping':
      return post({ t: 'pong' });
    case 'drain':
      draining = true;
      void runAll();
      return;
  }
});
post({ t: 'ready' });
