import { parentPort, workerData } from 'node:worker_threads';
import { EngineHost } from '../infra/engine-host.js';
import type { EngineWorkerData, FromEngineWorker, Ping, ToEngineWorker } from '../infra/worker-protocol.js';
import { TOY_CODEC, ToyModel } from './toy-model.js';

// An engine worker whose model is the toy: the real host, protocol and sessions, quick enough to be lost often.
const port = parentPort;
const post = (message: FromEngineWorker): void => port?.postMessage(message);
const model = Object.assign(new ToyModel(), { release: () => Promise.resolve() });

const host = await EngineHost.start(model, TOY_CODEC, (workerData as EngineWorkerData).shedLimits, post);
port?.on('message', (message: ToEngineWorker | Ping) => {
  if (message.t === 'ping') return post({ t: 'pong' });
  // A segment that kills whoever takes it in.
  if (message.t === 'append' && message.segment.k === 'text' && message.segment.text === 'poison') {
    throw new Error('poisoned');
  }
  void host.handle(message).then((ended) => {
    if (ended) port.close();
  });
});
post({ t: 'ready' });
