import { parentPort } from 'node:worker_threads';
import type { FromEngineWorker, ToEngineWorker } from '../local/workers/worker-protocol.js';

// An engine worker without a model, for tests of what happens when one dies: the tenant of its choice kills it, and so
// does one that leaves, after it was told that it may.
const port = parentPort;
const post = (message: FromEngineWorker): void => port?.postMessage(message);

port?.on('message', (message: ToEngineWorker) => {
  if (message.t === 'shutdown') port.close();
  else if (message.t === 'open' && message.system === 'die') throw new Error('died as asked');
  else if (message.t === 'open') post({ t: 'done', id: message.id, value: { seq: 0, epoch: 0, tokens: 1 } });
  else if (message.t === 'close' && message.session === 7) {
    post({ t: 'done', id: message.id, value: null });
    setTimeout(() => process.exit(1), 20);
  }
});
post({ t: 'ready' });
