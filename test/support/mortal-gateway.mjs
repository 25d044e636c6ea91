// Preloaded into a gateway by tests (`--import`): its engine workers become mortal (see mortal-worker.mjs), and whoever
// started the gateway can have one die or hang by an IPC message. The gateway's own code knows nothing of it.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const threads = createRequire(import.meta.url)('node:worker_threads');
const MORTAL = new URL('./mortal-worker.mjs', import.meta.url).href;

if (threads.isMainThread) {
  const channel = new BroadcastChannel('mortal-worker');
  channel.unref();
  /** Those that have loaded their model. */
  const ready = [];

  threads.Worker = class extends threads.Worker {
    constructor(url, options = {}) {
      const mortal = String(url).includes('engine-worker');
      const execArgv = [...(options.execArgv ?? []), '--import', MORTAL];
      super(url, mortal ? { ...options, execArgv } : options);
      if (mortal) this.on('message', ({ t }) => t === 'ready' && ready.push(this.threadId));
    }
  };
  syncBuiltinESMExports();

  process.on('message', ({ which, ...request }) => {
    const [thread] = ready.splice(Math.floor(which * ready.length), 1);
    if (thread !== undefined) channel.postMessage({ thread, ...request });
    process.send({ struck: thread !== undefined });
  });
  process.channel?.unref();
}
