import { parentPort } from 'node:worker_threads';
import type { ToEngineWorker } from '../local/workers/worker-protocol.js';

// An engine worker whose model does not load for a while: its thread is blocked, and it is never ready.
const port = parentPort;
port?.on('message', (message: ToEngineWorker) => {
  if (message.t === 'shutdown') port.close();
});
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
