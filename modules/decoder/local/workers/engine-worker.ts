import { parentPort, workerData } from 'node:worker_threads';
import { VisavisError } from '#modules/contracts';
import { EngineHost } from './engine-host.js';
import { openFolder } from '../onnx/load-folder.js';
import type { EngineWorkerData, FromEngineWorker, Ping, ToEngineWorker } from './worker-protocol.js';

// Entry of an engine worker thread. What is not caught ends the thread, and the service starts another.
if (!parentPort) throw new Error('engine-worker runs as a worker thread');
const port = parentPort;
const post = (message: FromEngineWorker): void => port.postMessage(message);

async function start({ folder, threads, shedLimits }: EngineWorkerData): Promise<void> {
  const { model, codec } = await openFolder(folder, threads);
  const host = await EngineHost.start(model, codec, shedLimits, post);
  port.on('message', (message: ToEngineWorker | Ping) => {
    if (message.t === 'ping') return post({ t: 'pong' });
    // A rejection here is a bug, and ends the thread as an unhandled one.
    void host.handle(message).then((ended) => {
      if (ended) port.close();
    });
  });
  post({ t: 'ready' });
}

try {
  await start(workerData as EngineWorkerData);
} catch (error) {
  if (!(error instanceof VisavisError)) throw error;
  post({ t: 'unloadable', code: error.code, message: error.message, param: error.param });
}
