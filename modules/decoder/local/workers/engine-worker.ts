import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { VisavisError } from '#modules/contracts';
import { EngineHost } from './engine-host.js';
import { openFolder } from '../onnx/load-folder.js';
import { Tidier } from './tidier.js';
import type { EngineWorkerData, FromEngineWorker, Ping, ToEngineWorker } from './worker-protocol.js';

// Entry of an engine worker thread. What is not caught ends the thread, and the service starts another.
if (!parentPort) throw new Error('engine-worker runs as a worker thread');
const port = parentPort;
const post = (message: FromEngineWorker): void => port.postMessage(message);
const TIDY_EVERY_MS = 250;

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
  keepTidy(host);
  post({ t: 'ready' });
}

function keepTidy(host: EngineHost): void {
  // A context that is made once the flag is set has the collector in it.
  setFlagsFromString('--expose-gc');
  const tidier = new Tidier({
    collect: runInNewContext('gc') as () => void,
    heldBytes: () => getHeapStatistics().external_memory,
    idle: () => host.idle,
  });
  setInterval(() => tidier.look(), TIDY_EVERY_MS).unref();
}

try {
  await start(workerData as EngineWorkerData);
} catch (error) {
  if (!(error instanceof VisavisError)) throw error;
  post({ t: 'unloadable', code: error.code, message: error.message, param: error.param });
}
