// Preloaded into a gateway by tests (`--import`), whose own code knows nothing of it: whoever started the gateway can have it
// throw where no code foresaw it, lose its VAD worker, and take a picture of its heap.
import { createSocket, Socket } from 'node:dgram';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';

const threads = createRequire(import.meta.url)('node:worker_threads');
const { isMainThread } = threads;
const MORTAL = new URL('./mortal-worker.mjs', import.meta.url).href;

/** A datagram that begins so makes the socket that it reaches throw, in the callback of whatever library owns it. */
const STRIKE = 'strike this socket';

if (isMainThread) {
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket below
  const { emit } = Socket.prototype;
  Socket.prototype.emit = function (event, ...args) {
    if (event === 'message' && String(args[0]).startsWith(STRIKE)) throw new Error('struck in a socket');
    return emit.call(this, event, ...args);
  };

  const channel = new BroadcastChannel('mortal-worker');
  channel.unref();
  let vad = null;
  let restartable = true;
  threads.Worker = class extends threads.Worker {
    constructor(url, options = {}) {
      if (!String(url).includes('vad-worker')) {
        super(url, options);
        return;
      }
      const entry = restartable ? url : new URL('./no-such-worker.mjs', import.meta.url);
      super(entry, { ...options, execArgv: [...(options.execArgv ?? []), '--import', MORTAL] });
      vad = this;
    }
  };
  syncBuiltinESMExports();

  const acts = {
    vad: () => channel.postMessage({ thread: vad.threadId, do: 'die' }),
    'vad-for-good': () => {
      restartable = false;
      acts.vad();
    },
    timer: () => void setTimeout(() => throwing('struck in a timer'), 1),
    rejection: () => void Promise.reject(new Error('struck in a promise')),
    socket: ({ port }) => {
      const socket = createSocket('udp4');
      socket.send(STRIKE, port, '127.0.0.1', () => socket.close());
    },
    heap: ({ file }) => writeHeapSnapshot(file),
    memory: () => {
      setFlagsFromString('--expose-gc');
      runInNewContext('gc')();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    },
  };
  const throwing = (message) => {
    throw new Error(message);
  };
  process.on('message', (request) => {
    process.send({ done: request.do, result: acts[request.do](request) });
  });
  process.channel?.unref();
}
