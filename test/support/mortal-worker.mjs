// Preloaded into an engine worker by tests (`--import`): makes it do on request what a broken model or library would.
// The request comes over a channel of its own, so the worker's code knows nothing of it. It is read between two runs of
// the model, as every message is; ended inside of one, a thread takes the whole process down.
import { isMainThread, threadId } from 'node:worker_threads';

if (!isMainThread) {
  const channel = new BroadcastChannel('mortal-worker');
  channel.onmessage = ({ data }) => {
    if (data.thread !== threadId) return;
    if (data.do === 'die') process.exit(1);
    // Blocks the thread, as a run does that does not end.
    if (data.do === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, data.forMs);
  };
  channel.unref();
  channel.postMessage({ up: threadId });
}
