import { parentPort, workerData } from 'node:worker_threads';
import { EngineHost } from '../local/workers/engine-host.js';
import type {
  EngineWorkerData,
  FromEngineWorker,
  Ping,
  ToEngineWorker,
} from '../local/workers/worker-protocol.js';
import { TOY_CODEC, ToyModel } from './toy-model.js';

// An engine worker whose model is the toy: the real host, protocol and sessions, quick enough to be lost often.
/** With a byte for each curse, which is spent once whoever took it in has died. */
export interface ToyWorkerData extends EngineWorkerData {
  readonly curses: SharedArrayBuffer;
}

const port = parentPort;
const post = (message: FromEngineWorker): void => port?.postMessage(message);
const model = Object.assign(new ToyModel(), { release: () => Promise.resolve() });

const { shedLimits, curses } = workerData as ToyWorkerData;
const host = await EngineHost.start(model, TOY_CODEC, shedLimits, post);
port?.on('message', (message: ToEngineWorker | Ping) => {
  if (message.t === 'ping') return post({ t: 'pong' });
  // A segment that kills whoever takes it in.
  if (message.t === 'append' && message.segment.k === 'text' && message.segment.text === 'poison') {
    throw new Error('poisoned');
  }
  // And such that kill whoever puts them back: each time, or once.
  if (message.t === 'restore' && message.entry.content.k === 'segment') {
    const { segment } = message.entry.content;
    const words = segment.k === 'text' ? segment.text : '';
    if (words === 'venom') throw new Error('poisoned');
    const curse = /^curse (\d)$/.exec(words)?.[1];
    if (curse && Atomics.exchange(new Uint8Array(curses), Number(curse), 1) === 0) throw new Error('cursed');
  }
  void host.handle(message).then((ended) => {
    if (ended) port.close();
  });
});
post({ t: 'ready' });
